"""Modules joined to one script do what they do as modules."""

import json
import subprocess
from pathlib import Path

import pytest

import acsql.web
from acsql.web.script_modules import joined

MAIN = Path(acsql.web.__file__).parent / "static" / "viewer" / "main.js"

MODULES = {
    "main": 'import { twice } from "./a.js";\nimport {\n  B,\n  seven,\n} from "./b.js";\n'
    "const own = 1;\nconsole.log(JSON.stringify([own, twice(seven), new B().own]));\n",
    "a": 'import { own } from "./c.js";\nexport function twice(x) { return own * x; }\n',
    "b": 'import { own } from "./c.js";\n'
    "export const seven = 7;\nexport class B { own = own + 1; }\n",
    "c": "const times = 2;\nexport const own = times;\n",
}


def written(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "main.js"


def output(script: Path) -> list[int]:
    return json.loads(subprocess.check_output(["node", script], text=True))


def test_a_joined_script_prints_what_its_modules_print(tmp_path: Path) -> None:
    main = written(tmp_path, **MODULES)
    alone = tmp_path / "joined" / "all.js"
    alone.parent.mkdir()
    alone.write_text(joined(main))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    assert output(alone) == output(main)


def test_each_module_runs_once(tmp_path: Path) -> None:
    assert joined(written(tmp_path, **MODULES)).count("const times = 2") == 1


def test_the_viewer_has_all_its_modules() -> None:
    script = joined(MAIN)
    for module in MAIN.parent.glob("*.js"):
        assert f"const module_{module.stem} = " in script
    assert "\nimport " not in script
    assert "\nexport " not in script


@pytest.mark.parametrize(
    "source",
    [
        'import all from "./a.js";\n',
        'import { twice as two } from "./a.js";\n',
        "export default 1;\n",
        "export let x = 1;\n",
    ],
)
def test_another_form_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ValueError, match="cannot be joined"):
        joined(written(tmp_path, **(MODULES | {"main": source})))


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    a = 'import { seven } from "./b.js";\nexport const x = 1;\n'
    b = 'import { x } from "./a.js";\nexport const seven = 7;\n'
    with pytest.raises(ValueError, match=r"a\.js imports itself"):
        joined(written(tmp_path, main='import { x } from "./a.js";\n', a=a, b=b))

// Starts the viewer on its page.

// All modules are imported here, so that browsers request them at once and not level by level.
import "./amplifiers.js";
import "./chart.js";
import "./colours.js";
import "./comparison.js";
import "./contours.js";
import "./controls.js";
import "./cutouts.js";
import "./drawing.js";
import "./exports.js";
import "./footprints.js";
import "./fragment.js";
import "./frame.js";
import "./geometry.js";
import "./grid.js";
import "./histogram.js";
import "./keyboard.js";
import "./lettering.js";
import "./overlays.js";
import "./placement.js";
import "./pointers.js";
import "./readout.js";
import "./region_panel.js";
import "./region_tools.js";
import "./regions.js";
import "./sky.js";
import "./tiles.js";
import "./view.js";
import { Viewer } from "./viewer.js";

const section = document.getElementById("viewer");
if (section) new Viewer(section);

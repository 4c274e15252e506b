// Starts the viewer on its page.

import { Viewer } from "./viewer.js";

const section = document.getElementById("viewer");
if (section) new Viewer(section);

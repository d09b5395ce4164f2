// The dashboard, in the browser: it takes the place of the plain page that the server sent.

import { h, render } from "preact";
import { resume } from "./route";
import { Shell } from "./shell";

const root = document.getElementById("app");
if (root) {
  resume();
  root.replaceChildren();
  render(h(Shell, null), root);
}

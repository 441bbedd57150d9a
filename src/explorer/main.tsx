/** Starts the pages. */

import { render } from "preact";
import { App } from "./app.js";
import { followChain } from "./state/chainFeed.js";
import { loadDirectory } from "./state/directory.js";
import { followNodeStatus } from "./state/nodeStatus.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";

void followNodeStatus();
void loadDirectory();
void followChain();

const place = document.getElementById("app");
if (place !== null) render(<App />, place);

/**
 * The console's script: plain JavaScript for the browser, one file, no dependency. Pages work without it as far as they
 * only read; with it they are live, and their buttons call the admin API.
 *
 * Its parts are texts in one function, so that they share names with each other and with nobody else. They are texts and
 * not files, because the package is compiled file by file and nothing is copied beside.
 */
import { CORE } from "./script/core.ts";
import { EDITOR } from "./script/editor.ts";
import { FAULTS } from "./script/faults.ts";
import { KEYS } from "./script/keys.ts";
import { LIVE } from "./script/live.ts";
import { RECORDS } from "./script/records.ts";
import { TOP_BAR } from "./script/top-bar.ts";

/** The whole script. */
export const SCRIPT = `"use strict";\n(() => {\n${[CORE, TOP_BAR, LIVE, RECORDS, FAULTS, EDITOR, KEYS].join("\n")}})();\n`;

/** How help stands in a terminal of any width: where beside a name is no room for what it does, that stands below it. */
import { Help } from "commander";
import type { AddHelpTextContext } from "commander";

/** Columns that a description needs beside its name. */
const leastRoom = 24;
const gap = 2;

export const helpLayout: Partial<Help> = {
  minWidthToWrap: leastRoom,
  formatItem(term, termWidth, description, helper) {
    const width = helper.helpWidth ?? 80;
    if (width - termWidth - 2 * gap >= leastRoom || description === "") {
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    }
    const below = " ".repeat(3 * gap);
    const lines = helper.boxWrap(description, width - below.length).split("\n");
    return [`${" ".repeat(gap)}${term}`, ...lines.map((line) => below + line)].join("\n");
  },
};

/** `text`, each line of which is a paragraph, for below a command's help. */
export function helpFoot(text: string): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const width = command.configureOutput().getOutHelpWidth?.() ?? 80;
    return `\n${Object.assign(command.createHelp(), helpLayout).boxWrap(text, width)}`;
  };
}

/** The excerpt of an answer of this dialect that quality is judged by: the end of its text, its calls' arguments. */
import type { AnswerExcerpt } from "../answer-facts.ts";
import { boundedInput, maxInputBytes, tailOfText, textTailBytes } from "../excerpt-bounds.ts";
import type { ChatEvent } from "./events.ts";

export class ChatExcerpt implements AnswerExcerpt {
  #text = "";
  readonly #inputs: string[] = [];

  read(event: ChatEvent): void {
    if (event.kind === "text" || event.kind === "refusal") {
      this.#text += event.text;
      // Not at each piece: cutting copies what is left.
      if (this.#text.length > 4 * textTailBytes) this.#text = tailOfText(this.#text);
    } else if (event.kind === "tool-call") {
      const input = event.isReplacing ? "" : (this.#inputs[event.call] ?? "");
      // One character past the bound tells that it was passed.
      if (input.length <= maxInputBytes) this.#inputs[event.call] = input + event.argumentsText;
    }
  }

  textTail(): string {
    return tailOfText(this.#text);
  }

  inputJson(place: number): string | null {
    const input = this.#inputs[place];
    return input === undefined ? null : boundedInput(input);
  }
}

/** OpenAI's Responses API at the simulated provider: all as in its Chat Completions, but for requests and answers. */
import { invalid } from "../openai-chat/invalid-request.ts";
import { openaiProfile } from "../openai-chat/openai.ts";
import type { Profile } from "../profile.ts";
import { toResponse } from "./answers.ts";
import { checkResponsesRequest } from "./check-request.ts";
import { readResponsesPrompt } from "./read-prompt.ts";
import { toFrame, toResponseFrames } from "./stream.ts";

export const openaiResponsesProfile: Profile = {
  ...openaiProfile,
  dialect: "openai-responses",
  readPrompt: readResponsesPrompt,
  check: (body, _headers, model) => checkResponsesRequest(body, model),
  checkContext: (_prompt, inputTokens, contextTokens) =>
    inputTokens <= contextTokens
      ? null
      : invalid(
          "Your input exceeds the context window of this model. Please adjust your input and try again.",
          "input",
          "context_length_exceeded",
        ),
  whole: toResponse,
  stream: toResponseFrames,
  errorFrame: (error, _requestId, framesBefore) =>
    toFrame("error", framesBefore, { code: error.code ?? error.type, message: error.message, param: error.param }),
};

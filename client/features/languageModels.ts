import * as vscode from 'vscode';
import type { ChatMessage, ChatReply, ToolSpec } from '../../schemas/wire';
import { problem } from '../problems';
import type { ChatRequest, ModelList, SessionHost } from '../session/types';

/** The editor’s own models, as the sidecar may ask for them. */
export const editorModels: SessionHost['models'] = { list, chat };

async function list(): Promise<ModelList> {
  const models = await vscode.lm.selectChatModels();
  return { models: models.map(({ id, name, maxInputTokens }) => ({ id, label: name, maxInputTokens })) };
}

async function chat(
  request: ChatRequest,
  token: vscode.CancellationToken,
  chunk: (text: string) => void,
): Promise<ChatReply> {
  const all = await vscode.lm.selectChatModels();
  const model = all.find(({ id }) => id === request.model);
  if (!model) {
    const known = all.map(({ id }) => `editor/${id}`).join(', ');
    throw problem('model.unknown', { model: `editor/${request.model}`, known });
  }
  try {
    const response = await model.sendRequest(
      request.messages.map(messageOf),
      optionsOf(request.tools),
      token,
    );
    const { text, calls } = await collect(response, chunk);
    const usage = await count(model, request.messages, text, token);
    return { text, calls, usage, finish: calls.length > 0 ? 'tools' : 'stop' };
  } catch (thrown) {
    throw token.isCancellationRequested ? problem('cancelled') : modelProblem(thrown, model);
  }
}

/** A message in the editor’s shape. The stable API has no system role; instructions come first, as the user’s. */
function messageOf(message: ChatMessage): vscode.LanguageModelChatMessage {
  switch (message.role) {
    case 'system':
    case 'user':
      return vscode.LanguageModelChatMessage.User(message.text);
    case 'assistant':
      return vscode.LanguageModelChatMessage.Assistant([
        ...(message.text === '' ? [] : [new vscode.LanguageModelTextPart(message.text)]),
        ...message.calls.map(
          ({ id, tool, input }) => new vscode.LanguageModelToolCallPart(id, tool, (input ?? {}) as object),
        ),
      ]);
    case 'tool':
      return vscode.LanguageModelChatMessage.User(
        message.results.map(
          // The stable API cannot mark a result as an error, so its text says so, as for other providers.
          ({ id, text, isError }) =>
            new vscode.LanguageModelToolResultPart(id, [
              new vscode.LanguageModelTextPart(isError ? `Error: ${text}` : text),
            ]),
        ),
      );
  }
}

function optionsOf(tools: readonly ToolSpec[]): vscode.LanguageModelChatRequestOptions {
  const justification = vscode.l10n.t('Symphony’s agents work on your plans with this model.');
  if (tools.length === 0) return { justification };
  return {
    justification,
    tools: tools.map(({ name, description, schema }) => ({ name, description, inputSchema: schema })),
    toolMode: vscode.LanguageModelChatToolMode.Auto,
  };
}

async function collect(
  response: vscode.LanguageModelChatResponse,
  chunk: (text: string) => void,
): Promise<Pick<ChatReply, 'text' | 'calls'>> {
  let text = '';
  const calls: ChatReply['calls'] = [];
  for await (const part of response.stream) {
    if (part instanceof vscode.LanguageModelTextPart) {
      text += part.value;
      chunk(part.value);
    } else if (part instanceof vscode.LanguageModelToolCallPart) {
      calls.push({
        id: part.callId,
        tool: part.name,
        input: part.input as ChatReply['calls'][number]['input'],
      });
    }
  }
  return { text, calls };
}

/** The editor reports no usage, so it is counted with the model's own tokenizer; what cannot be counted is 0. */
async function count(
  model: vscode.LanguageModelChat,
  messages: readonly ChatMessage[],
  reply: string,
  token: vscode.CancellationToken,
): Promise<ChatReply['usage']> {
  const tokens = async (text: string) => {
    try {
      return Math.round(await model.countTokens(text, token));
    } catch {
      return 0;
    }
  };
  const [inputTokens, outputTokens] = await Promise.all([tokens(JSON.stringify(messages)), tokens(reply)]);
  return { inputTokens, outputTokens, cachedTokens: 0 };
}

/** Consent, quota and the provider's own errors, as codes of the table. */
function modelProblem(thrown: unknown, model: vscode.LanguageModelChat): Error {
  const provider = model.name;
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  if (code === vscode.LanguageModelError.NoPermissions.name)
    return problem('model.noConsent', { model: `editor/${model.id}` });
  if (code === vscode.LanguageModelError.NotFound.name)
    return problem('model.unknown', { model: model.id, known: '' });
  if (
    code === vscode.LanguageModelError.Blocked.name ||
    /quota|rate.?limit|too many|429/i.test(String(message))
  ) {
    return problem('model.rateLimited', { provider, tries: 1 });
  }
  return problem('model.serverError', { provider, status: String(message ?? code ?? 'unknown'), tries: 1 });
}

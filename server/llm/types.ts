import type { Context } from '../base';
import type { ChatMessage, ChatReply, ToolSpec } from '../../schemas/wire/models';

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolSpec[];
  readonly maxOutputTokens: number;
  /** Sent where the provider can deduplicate by it, and always to the log. */
  readonly idempotencyKey: string;
}

/** A model that can be asked. Throws `ProblemError` with the `model.*` codes; retries are inside. */
export interface Model {
  /** `provider/name`. */
  readonly id: string;
  /** True for the scripted stand-in; front ends then say so wherever the model shows. */
  readonly scripted: boolean;
  chat(ctx: Context, request: ChatRequest, onText: (piece: string) => void): Promise<ChatReply>;
}

/** Answers `lm/*` requests of the sidecar through whatever editor is connected. */
export interface EditorModels {
  list(ctx: Context): Promise<readonly { id: string; label: string; maxInputTokens: number }[]>;
  /** Throws `model.editorGone` when no editor is connected. */
  chat(
    ctx: Context,
    model: string,
    request: ChatRequest,
    onText: (piece: string) => void,
  ): Promise<ChatReply>;
}

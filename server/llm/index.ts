/**
 * llm: the models that can be asked — providers over the network, the editor's own, the scripted stand-in.
 * Invariant: keys stay in memory, travel in request headers alone, and reach neither a log nor an error.
 */
export type { ChatRequest, EditorModels, Model } from './types';
export { createGateway, type Gateway, type GatewayOptions, type ProviderView } from './gateway';
export { withRetries, type RetryOptions } from './retry';
export { usdOf, type Price } from './prices';
export { startScriptedModel, type ScriptedModel, type ScriptedOptions } from './scripted/server';
export { scriptSchema, type Script } from './scripted/script';

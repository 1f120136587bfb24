/**
 * lsp: the language server for planning files and Melodies, for any editor that speaks the protocol.
 * Invariant: it reads texts and a view of the project, answers and proposes edits; it writes nothing.
 */
export { runLanguageServer, type LspHost } from './connect';

// Runs in the extension host: activates the extension and says how long `activate()` and all of it took, and what
// it loaded and cost.
const console = require('node:console');
const { statSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const process = require('node:process');
const { setTimeout: pause } = require('node:timers/promises');
const vscode = require('vscode');

exports.run = async () => {
  const extension = vscode.extensions.getExtension('symphony-dev.symphony');
  if (extension.isActive) throw new Error('The extension was active before it was asked to be.');
  await pause(1000);
  const before = process.memoryUsage().rss;
  const began = performance.now();
  await extension.activate();
  const allMs = performance.now() - began;
  const { milliseconds: ms } = extension.exports;
  const bytes = Object.keys(Module._cache)
    .filter(
      (file) => file.startsWith(path.join(extension.extensionPath, path.sep)) && file !== module.filename,
    )
    .reduce((sum, file) => sum + statSync(file).size, 0);
  // Attaching loads the rest of the client; what it costs belongs to the memory, not to the activation.
  await vscode.commands.executeCommand('symphony.refresh');
  await pause(2000);
  console.log(
    `probe ${JSON.stringify({ ms, allMs, bytes, rss: Math.max(0, process.memoryUsage().rss - before) })}`,
  );
};

// Mocha's spec reporter that also appends its totals to the file SYMPHONY_TOTALS, so that several runs can be summed up.
const { appendFileSync } = require('node:fs');
const process = require('node:process');
const { reporters } = require('mocha');

module.exports = class Totals extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const failures = [];
    runner.on('retry', (test) => process.stdout.write(`      ↻ tried again: ${test.fullTitle()}\n`));
    runner.on('fail', (test) => failures.push(test.fullTitle()));
    runner.once('end', () => {
      const { passes, failures: failed, pending } = this.stats;
      const line = { passed: passes, failed, skipped: pending, failures };
      if (process.env.SYMPHONY_TOTALS)
        appendFileSync(process.env.SYMPHONY_TOTALS, `${JSON.stringify(line)}\n`);
    });
  }
};

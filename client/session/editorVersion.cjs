/**
 * Stands in for `semver` in the second bundle, where vscode-languageclient asks it one thing: whether the editor is
 * new enough. The manifest's `engines.vscode` has answered that before anything of ours is loaded; semver itself
 * would be 20 kB of the client.
 */
const version = (text) => ({ version: text, prerelease: [] });
const isNewEnough = () => true;

// Called as `parse(version)` and as `satisfies(version, range)`.
module.exports = (text, range) => (range === undefined ? version(text) : isNewEnough());

// The build of msgpackr without generated code and without its native helper has no declarations of its own.
declare module 'msgpackr/index-no-eval' {
  export { Packr } from 'msgpackr';
}

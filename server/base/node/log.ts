import pino, { type DestinationStream } from 'pino';
import type { Log } from '..';

/** Names of facts that never reach a log, at any depth down to three. */
const secret = ['key', 'apiKey', 'token', 'authorization', 'password', 'secret', 'proof', 'nonce'];

/** A structured log of JSON lines into `destination`; facts named like secrets are replaced by `[redacted]`. */
export function jsonLog(destination: DestinationStream, level: 'debug' | 'info' = 'info'): Log {
  const paths = secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return wrap(pino({ level, base: null, redact: { paths, censor: '[redacted]' } }, destination));
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (message, facts) => logger.debug(facts ?? {}, message),
    info: (message, facts) => logger.info(facts ?? {}, message),
    warn: (message, facts) => logger.warn(facts ?? {}, message),
    error: (message, facts) => logger.error(facts ?? {}, message),
    child: (facts) => wrap(logger.child(facts)),
  };
}

import { strict as assert } from 'node:assert';
import { codes } from '../../../schemas';
import { readMelody, type CheckOptions } from '../../../server/melody';
import { wrap } from './make';

const a = `{"id":"a","kind":"operator","operator":"x","outputs":[{"name":"out","type":"text"}]}`;
const b = `{"id":"b","kind":"operator","operator":"x","inputs":[{"name":"in","type":"text"}],"outputs":[{"name":"out","type":"text"}]}`;
const ab = `{"kind":"data","from":"a.out","to":"b.in"}`;
const op = (id: string, more = '') =>
  `{"id":"${id}","kind":"operator","operator":"x"${more === '' ? '' : `,${more}`}}`;
const control = (from: string, to: string) => `{"kind":"control","from":"${from}","to":"${to}"}`;
const loop = (nodes: string, edges = '', more = '"most":3') =>
  `{"id":"l","kind":"loop",${more},"inputs":[{"name":"in","type":"text","required":false}],"outputs":[{"name":"out","type":"text"}],\n"body":{"nodes":[\n${nodes}\n],"edges":[${edges}]}}`;
const inner = `{"id":"in","kind":"input","type":"text"},\n{"id":"out","kind":"output","type":"text"}`;
const innerEdge = `{"kind":"data","from":"in.value","to":"out.value"}`;
const map = (over: string, type: string, item: string, out: string) =>
  `{"id":"m","kind":"map","over":"${over}","inputs":[{"name":"in","type":"${type}","required":false}],"outputs":[{"name":"out","type":"${out}"}],\n"body":{"nodes":[\n{"id":"item","kind":"input","type":"${item}"},\n{"id":"out","kind":"output","type":"${item}"}\n],"edges":[{"kind":"data","from":"item.value","to":"out.value"}]}}`;
const transform = (from: string, text: string) =>
  wrap(
    `{"id":"a","kind":"input","type":"${from}"},\n{"id":"b","kind":"output","type":"any"}`,
    `{"kind":"data","from":"a.value","to":"b.value","transform":${text}}`,
  );
const policy = (text: string, run = '') =>
  wrap(
    `{"id":"a","kind":"operator","operator":"x","outputs":[{"name":"out","type":"text"}],\n"policy":${text}},\n${b},\n${op('c')}`,
    `${ab},\n${control('b', 'c')}`,
    run,
  );
const trigger = (text: string) =>
  wrap(
    '{"id":"a","kind":"input","type":"text"},{"id":"b","kind":"output","type":"text"}',
    '{"kind":"data","from":"a.value","to":"b.value"}',
    `"triggers":[${text}],`,
  );

/** Codes that some row below expects. */
const seen = new Set<string>();

/** Findings as `code line:column`, in the order of the text. */
const found = (text: string, options?: CheckOptions): readonly string[] =>
  readMelody(text, 't', options).findings.map(
    ({ problem: { code }, place }) => `${code.replace('melody.', '')} ${place.line}:${place.column}`,
  );

/** A row: a text and everything that is wrong with it. */
function check(what: string, text: string, expected: readonly string[], options?: CheckOptions): void {
  for (const finding of expected) seen.add(`melody.${finding.split(' ')[0]!}`);
  it(`${what}: ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(found(text, options), expected);
    assert.deepEqual(found(text, options), expected, 'the same again');
  });
}

describe('rules of Melodies', () => {
  describe('of nodes', () => {
    check('a good Melody', wrap(`${a},\n${b}`, ab), []);
    check('one node alone', wrap(op('a')), []);
    check('two nodes of one id', wrap(`${op('a')},\n${op('a')}`, control('a', 'a')), [
      'orphan 5:1',
      'idTwice 5:7',
      'cycle 8:1',
    ]);
    check('a kind nobody knows', wrap(`{"id":"a","kind":"robot"}`), ['kindUnknown 4:18']);
    check('a kind of edge nobody knows', wrap(`${a},\n${b}`, `{"kind":"magic","from":"a.out","to":"b.in"}`), [
      'kindUnknown 8:9',
    ]);
    check('an edge to a malformed node', wrap(`{"id":"a","kind":"robot"},\n${b}`, ab), ['kindUnknown 4:18']);
    check('a field nobody knows', wrap(`{"id":"a","kind":"operator","operator":"x",\n"retries":3}`), [
      'fieldUnknown 5:1',
    ]);
    check('a value of the wrong form', wrap(`{"id":"a","kind":"operator","operator":7}`), ['malformed 4:40']);
    check('an id with a space', wrap(`{"id":"a b","kind":"operator","operator":"x"}`), ['malformed 4:7']);
    check(
      'a type nobody knows',
      wrap(`{"id":"a","kind":"operator","operator":"x","outputs":[\n{"name":"out","type":"list<string>"}]}`),
      ['typeUnknown 5:22'],
    );
    check(
      'types of types',
      wrap(
        op(
          'a',
          '"outputs":[{"name":"a","type":"list<list<artifact<test-report>>>"},\n{"name":"b","type":"list<text"},\n{"name":"c","type":"artifact<Code>"},\n{"name":"d","type":"list<>"}]',
        ),
      ),
      ['typeUnknown 5:20', 'typeUnknown 6:20', 'typeUnknown 7:20'],
    );
    check(
      'two ports of one name',
      wrap(
        op(
          'a',
          '"inputs":[{"name":"p","type":"any","required":false},\n{"name":"p","type":"any","required":false}]',
        ),
      ),
      ['portTwice 5:9'],
    );
    check(
      'two cases of one name',
      wrap(
        `{"id":"a","kind":"branch","cases":[{"port":"p","when":"true"},\n{"port":"p","when":"false"}],\n"otherwise":"p"}`,
      ),
      ['portTwice 5:9', 'portTwice 6:13'],
    );
    check(
      'a default of another type',
      wrap(op('a', '"inputs":[{"name":"p","type":"number",\n"default":"7"}]')),
      ['valueMisfit 5:11'],
    );
    check(
      'a default of an input of another type',
      wrap('{"id":"a","kind":"input","type":"list<number>",\n"default":[1,"2"]}'),
      ['valueMisfit 5:11'],
    );
    check('a wait for nothing', wrap('{"id":"a","kind":"wait"}'), ['waitEither 4:1']);
    check(
      'a wait for two times',
      wrap('{"id":"a","kind":"wait","minutes":1,"until":"2027-01-01T00:00:00Z"}'),
      ['waitEither 4:1'],
    );
    check('a loop with two ends', wrap(loop(inner, innerEdge, '"most":3,"while":"true",\n"until":"true"')), [
      'loopEither 4:34',
    ]);
    check('a subworkflow elsewhere', wrap('{"id":"a","kind":"subworkflow","melody":"/etc/x.melody.json"}'), [
      'path 4:41',
    ]);
  });
  describe('of edges', () => {
    check('a node that is not there', wrap(`${a},\n${b}`, `${ab},\n${control('a', 'ghost')}`), [
      'dangling 9:35',
    ]);
    check(
      'a data edge to a node that is not there',
      wrap(`${a},\n${b}`, `${ab},\n{"kind":"data","from":"a.out","to":"ghost.in"}`),
      ['dangling 9:36'],
    );
    check('a data edge without a port', wrap(`${a},\n${b}`, `{"kind":"data","from":"a","to":"b.in"}`), [
      'endMalformed 8:23',
    ]);
    check('a port that is not there', wrap(`${a},\n${b}`, `{"kind":"data","from":"a.result","to":"b.in"}`), [
      'portUnknown 8:23',
    ]);
    check(
      'an edge into an output',
      wrap(`${a},\n${b}`, `${ab},\n{"kind":"data","from":"a.out","to":"b.out"}`),
      ['portSide 9:36'],
    );
    check('an edge out of an input', wrap(`${a},\n${b}`, `{"kind":"data","from":"b.in","to":"b.in"}`), [
      'orphan 4:1',
      'portSide 8:23',
    ]);
    check(
      'two values for one input',
      wrap(
        `${a},\n${b},\n${op('c', '"outputs":[{"name":"out","type":"text"}]')}`,
        `${ab},\n{"kind":"data","from":"c.out","to":"b.in"}`,
      ),
      ['portTaken 10:36'],
    );
    check(
      'two values for an input that takes many',
      wrap(
        `${a},\n${op('c', '"outputs":[{"name":"out","type":"text"}]')},\n${op('b', '"inputs":[{"name":"in","type":"list<text>","many":true}]')}`,
        `${ab},\n{"kind":"data","from":"c.out","to":"b.in"}`,
      ),
      [],
    );
    check('an edge twice', wrap(`${a},\n${op('b')}`, `${control('a', 'b')},\n${control('a', 'b')}`), [
      'edgeTwice 9:1',
    ]);
    check(
      'an id with dots',
      wrap(
        `{"id":"v1.2","kind":"operator","operator":"x","outputs":[{"name":"out","type":"text"}]},\n${b}`,
        '{"kind":"data","from":"v1.2.out","to":"b.in"}',
      ),
      [],
    );
  });
  describe('of flow', () => {
    check(
      'a cycle of three',
      wrap(
        [op('A'), op('B'), op('C')].join(',\n'),
        [control('A', 'B'), control('B', 'C'), control('C', 'A')].join(',\n'),
      ),
      ['cycle 9:1'],
    );
    check('a node that waits for itself', wrap(op('A'), control('A', 'A')), ['cycle 7:1']);
    check(
      'two cycles',
      wrap(
        [op('A'), op('B'), op('C'), op('D')].join(',\n'),
        [control('A', 'B'), control('B', 'A'), control('C', 'D'), control('D', 'C')].join(',\n'),
      ),
      ['cycle 10:1', 'cycle 12:1'],
    );
    check(
      'another type',
      wrap(
        `{"id":"a","kind":"operator","operator":"x","outputs":[{"name":"out","type":"number"}]},\n${b}`,
        ab,
      ),
      ['typeMismatch 8:1'],
    );
    check(
      'an artifact of another word',
      wrap(
        `${op('a', '"outputs":[{"name":"out","type":"artifact<code>"}]')},\n${op('b', '"inputs":[{"name":"in","type":"artifact<test>"}]')}`,
        ab,
      ),
      ['typeMismatch 8:1'],
    );
    check(
      'a list of another type',
      wrap(
        `${op('a', '"outputs":[{"name":"out","type":"list<text>"}]')},\n${op('b', '"inputs":[{"name":"in","type":"list<number>"}]')}`,
        ab,
      ),
      ['typeMismatch 8:1'],
    );
    check(
      'JSON, which may be a list',
      wrap(
        `${op('a', '"outputs":[{"name":"out","type":"json"}]')},\n${op('b', '"inputs":[{"name":"in","type":"list<number>"}]')}`,
        ab,
      ),
      [],
    );
    check('a missing input', wrap(`${a},\n${b}`, control('a', 'b')), ['inputMissing 5:1']);
    check(
      'a missing input with a default',
      wrap(`${a},\n${op('b', '"inputs":[{"name":"in","type":"text","default":""}]')}`, control('a', 'b')),
      [],
    );
    check('a map over a text', transform('text', '{"op":"map","each":"item"}'), ['transformMisfit 8:60']);
    check('a flatten of a flat list', transform('list<text>', '{"op":"flatten"}'), ['transformMisfit 8:60']);
    check('a flatten of lists', transform('list<list<text>>', '{"op":"flatten"}'), []);
    check('a pick out of a number', transform('number', '{"op":"pick","path":["a"]}'), [
      'transformMisfit 8:60',
    ]);
    check('a transform nobody knows', transform('text', '{"op":"sort"}'), ['malformed 8:66']);
    check('an orphan', wrap(`${a},\n${b},\n${op('c')}`, ab), ['orphan 6:1']);
    check('a disabled orphan', wrap(`${a},\n${b},\n${op('c', '"enabled":false')}`, ab), []);
    check(
      'an output behind a disabled node',
      wrap(
        `${op('a', '"enabled":false,"outputs":[{"name":"out","type":"text"}]')},\n${b},\n{"id":"o","kind":"output","type":"text"}`,
        `${ab},\n{"kind":"data","from":"b.out","to":"o.value"}`,
      ),
      ['outputUnreachable 6:1'],
    );
    check(
      'an output behind a cycle',
      wrap(
        `${op('a', '"inputs":[{"name":"in","type":"text"}],"outputs":[{"name":"out","type":"text"}]')},\n${b},\n{"id":"o","kind":"output","type":"text"}`,
        `${ab},\n{"kind":"data","from":"b.out","to":"a.in"},\n{"kind":"data","from":"b.out","to":"o.value"}`,
      ),
      ['outputUnreachable 6:1', 'cycle 9:1'],
    );
    check(
      'a join that waits for too many',
      wrap(`${op('a')},\n{"id":"j","kind":"join","wait":2}`, control('a', 'j')),
      ['joinMore 5:32'],
    );
  });
  describe('of bodies', () => {
    check('a good loop', wrap(loop(inner, innerEdge)), []);
    check('an empty body', wrap(loop('')), ['bodyEmpty 5:8']);
    const carrying = (type: string) => `{"id":"next","kind":"output","type":"${type}","port":"out"}`;
    const carried = `{"kind":"data","from":"in.value","to":"next.value"}`;
    const entering = '{"id":"in","kind":"input","type":"text"}';
    check('an output that stands for a port', wrap(loop(`${entering},\n${carrying('text')}`, carried)), []);
    check('two of one port', wrap(loop(`${inner},\n${carrying('text')}`, `${innerEdge},${carried}`)), [
      'portTwice 8:51',
    ]);
    check('a port where there is no body', wrap(`${entering},\n${carrying('text')}`, carried), [
      'bodyNone 5:51',
    ]);
    check(
      'an input that stands for no port',
      wrap(loop(`${inner},\n{"id":"extra","kind":"input","type":"text","port":"ghost"}`, innerEdge)),
      ['bodyInput 8:51'],
    );
    check(
      'an input of a body that is no port',
      wrap(loop(inner + ',\n{"id":"extra","kind":"input","type":"text"}', innerEdge)),
      ['bodyInput 8:7'],
    );
    check(
      'an output of a loop that is not in its body',
      wrap(loop('{"id":"in","kind":"input","type":"text"}')),
      ['bodyOutput 4:101'],
    );
    check(
      'types at the border of a body',
      wrap(
        loop(
          '{"id":"in","kind":"input","type":"number"},\n{"id":"out","kind":"output","type":"any"}',
          innerEdge,
        ),
      ),
      ['typeMismatch 6:34'],
    );
    check(
      'a cycle inside a body',
      wrap(
        loop(
          `${inner},\n${op('p')},\n${op('q')}`,
          `${innerEdge},\n${control('p', 'q')},\n${control('q', 'p')}`,
        ),
      ),
      ['cycle 11:1'],
    );
    check(
      'an edge that leaves a body',
      wrap(`${op('x')},\n${loop(inner, `${innerEdge},\n${control('in', 'x')}`)}`, control('x', 'l')),
      ['dangling 10:36'],
    );
    check('a good map', wrap(map('in', 'list<text>', 'text', 'list<text>')), []);
    check('a map over no list', wrap(map('in', 'text', 'text', 'list<text>')), ['mapOver 4:31']);
    check('a map over no port', wrap(map('ghost', 'list<text>', 'text', 'list<text>')), ['mapOver 4:31']);
    check('a map that gives no list', wrap(map('in', 'list<text>', 'text', 'text')), ['typeMismatch 4:130']);
  });
  describe('of expressions', () => {
    check('a good one', transform('list<number>', '{"op":"filter","keep":"item > 1 && item < 10"}'), []);
    check('a name nobody knows', transform('list<number>', '{"op":"filter","keep":"itm > 1"}'), [
      'expression 8:83',
    ]);
    check('an end that is missing', transform('list<number>', '{"op":"map","each":"item +"}'), [
      'expression 8:86',
    ]);
    check('a number where yes or no is asked', transform('list<number>', '{"op":"filter","keep":"1 + 1"}'), [
      'expression 8:83',
    ]);
    check(
      'a place behind escapes',
      transform('list<text>', '{"op":"filter","keep":"item != \\"\\u0041\\" && nope"}'),
      ['expression 8:105'],
    );
    check('a pattern', transform('list<text>', '{"op":"filter","keep":"item.matches(\\"(a+)+\\")"}'), [
      'expression 8:83',
    ]);
    check('a binding', transform('list<text>', '{"op":"map","each":"cel.bind(x, item, x)"}'), [
      'expression 8:80',
    ]);
    check('a reduction', transform('list<number>', '{"op":"reduce","initial":0,"next":"total + item"}'), []);
    check(
      'a case over a port that is not there',
      wrap(
        `{"id":"a","kind":"branch","inputs":[{"name":"in","type":"number","required":false}],"cases":[\n{"port":"big","when":"inputs.size > 3"}]}`,
      ),
      ['expression 5:30'],
    );
    check(
      'a condition over an output that is not there',
      wrap(`${a},\n${op('b')}`, '{"kind":"conditional","from":"a","to":"b",\n"when":"outputs.ok == true"}'),
      ['expression 9:17'],
    );
    check(
      'a loop over what its body gives',
      wrap(loop(inner, innerEdge, '"most":3,"until":"outputs.out == inputs[\\"in\\"] || iteration > 2"')),
      [],
    );
    check(
      'a port named like a word of the language',
      wrap(loop(inner, innerEdge, '"most":3,"until":"inputs[\\"out\\"] == 1"')),
      ['expression 4:50'],
    );
    check(
      'a loop over what its body does not give',
      wrap(loop(inner, innerEdge, '"most":3,"until":"outputs.done"')),
      ['expression 4:51'],
    );
  });
  describe('of policies', () => {
    check(
      'good ones',
      policy(
        '{"retry":{"tries":3},"skip":{"default":{"out":""}},"budget":{"usd":1}}',
        '"policy":{"budget":{"usd":2}},',
      ),
      [],
    );
    check('fallback and skip', policy('{"fallback":{"value":{"out":""}},"skip":{"default":{"out":""}}}'), [
      'policyBoth 5:10',
    ]);
    check('a fallback of nothing', policy('{"fallback":{}}'), ['fallbackEither 5:22']);
    check('a fallback of two things', policy('{"fallback":{"node":"c","value":1}}'), [
      'fallbackEither 5:22',
      'fallbackWaits 5:30',
    ]);
    check('a fallback that is not there', policy('{"fallback":{"node":"ghost"}}'), ['policyNode 5:30']);
    check('a node as its own fallback', policy('{"fallback":{"node":"a"}}'), ['policySelf 5:30']);
    check('a fallback that waits for the node', policy('{"fallback":{"node":"c"}}'), ['fallbackWaits 5:30']);
    check(
      'fallbacks in a ring',
      wrap(
        [op('a', '"policy":{"fallback":{"node":"b"}}'), op('b', '"policy":{"fallback":{"node":"a"}}')].join(
          ',\n',
        ),
      ),
      ['fallbackLoop 4:73'],
    );
    check('a fallback value for a port that is not there', policy('{"fallback":{"value":{"oot":""}}}'), [
      'policyPort 5:32',
    ]);
    check('a fallback value of another type', policy('{"fallback":{"value":{"out":7}}}'), [
      'valueMisfit 5:38',
    ]);
    check('a skip that leaves an input empty', policy('{"skip":{}}'), ['skipEmpty 5:18']);
    check('a compensation the run never makes', policy('{"compensate":{"node":"c"}}'), [
      'compensateUnused 5:24',
    ]);
    check(
      'a compensation',
      policy('{"compensate":{"node":"c"}}', '"policy":{"onFailure":"compensate"},'),
      [],
    );
    check(
      'a compensation that is not there',
      policy('{"compensate":{"node":"ghost"}}', '"policy":{"onFailure":"compensate"},'),
      ['policyNode 5:32'],
    );
    check(
      'a budget above the run’s',
      policy(
        '{"budget":{"tokens":10,"usd":3,"minutes":9}}',
        '"policy":{"budget":{"tokens":9,"usd":2,"minutes":9}},',
      ),
      ['budgetOver 5:30', 'budgetOver 5:39'],
    );
    check('a timeout above the run’s', policy('{"timeoutMinutes":10}', '"policy":{"timeoutMinutes":5},'), [
      'timeoutOver 5:28',
    ]);
    check(
      'pauses longer than the run',
      policy('{"retry":{"tries":20,"backoff":"constant","seconds":60}}', '"policy":{"timeoutMinutes":5},'),
      ['retryOver 5:19'],
    );
    check('a budget of nothing', policy('{"budget":{"usd":0}}'), ['malformed 5:27']);
    check('too many tries', policy('{"retry":{"tries":21}}'), ['malformed 5:28']);
  });
  describe('of triggers', () => {
    check(
      'good ones',
      trigger(
        '{"on":"manual","id":"m"},{"on":"cron","id":"c","schedule":"*/5 0-6 1,15 * 1"},{"on":"file","id":"f","files":["src/**"]},{"on":"git","id":"g","event":"commit"},{"on":"webhook","id":"w","path":"deploy"},{"on":"chained","id":"x","melody":"b.melody.json","after":"completed"}',
      ),
      [],
    );
    check('two of one id', trigger('{"on":"manual","id":"m"},\n{"on":"manual","id":"m"}'), ['idTwice 3:21']);
    check('a schedule of six fields', trigger('{"on":"cron","id":"c","schedule":"* * * * * *"}'), [
      'schedule 2:83',
    ]);
    check('hour 24', trigger('{"on":"cron","id":"c","schedule":"0 24 * * *"}'), ['schedule 2:83']);
    check('a backward range', trigger('{"on":"cron","id":"c","schedule":"9-3 * * * *"}'), ['schedule 2:83']);
    check('a word as minute', trigger('{"on":"cron","id":"c","schedule":"five * * * *"}'), ['schedule 2:83']);
    check('an input that is not there', trigger('{"on":"manual","id":"m","inputs":{"ghost":1}}'), [
      'triggerInput 2:84',
    ]);
    check('a chain from elsewhere', trigger('{"on":"chained","id":"x","melody":"b.json","after":"ended"}'), [
      'path 2:84',
    ]);
    check('an occasion nobody knows', trigger('{"on":"moon","id":"x"}'), ['malformed 2:56']);
  });

  describe('that are left out', () => {
    const cycle = wrap(`${op('A')},\n${op('B')}`, `${control('A', 'B')},\n${control('B', 'A')}`);
    check('cycles', cycle, [], { allowCycles: true });
    check('orphans', wrap(`${a},\n${op('c')}`), [], { allowOrphans: true });
    check('types', transform('text', '{"op":"flatten"}'), [], { ignoreTypes: true });
    check('missing inputs', wrap(`${a},\n${b}`, control('a', 'b')), [], { ignoreConnectivity: true });
  });

  it('are all in the table', () => {
    // These are about files, programs and runs, not about what one Melody says; other tests hold them.
    const elsewhere =
      /unreadable|tooLarge|empty|syntax|tooDeep|key|version|newer|older|migration|damaged|tooMany|bodyTooDeep|Failed|Budget|more|exists|changedMeanwhile|editRefused|subworkflow|operatorReserved|melody\.changed|melody\.invalid/;
    const missing = Object.keys(codes).filter(
      (code) => code.startsWith('melody.') && !seen.has(code) && !elsewhere.test(code),
    );
    assert.deepEqual(missing, []);
  });
});

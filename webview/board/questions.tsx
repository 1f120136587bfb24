import { useEffect, useState } from 'preact/hooks';
import { choiceLabel, sentencesOf } from '../strings';
import { Badge, Button, Icon, Link } from '../ui';
import { useStore } from './context';
import { focusSoon } from './focus';
import { hidesSomething, revealed } from './format';
import type { AskedQuestion } from './reports';

/** How long an approval stays off after the questions changed: nobody approves what slid under a click. */
const armedAfter = 500;
const consents = new Set(['approve', 'allow', 'yes']);

/** What the run waits for a person to decide, oldest first. */
export function Questions() {
  const { t, questions } = useStore();
  const asked = questions.value;
  const armed = useArmed(asked.map(({ question }) => question.id).join('\n'));
  if (asked.length === 0) return null;
  return (
    <section class="questions" aria-label={t('questions.label')}>
      <h2 class="questions-heading">
        <Icon name="comment-discussion" />
        {t('questions.heading')}
        <Badge count={asked.length} />
      </h2>
      <ul>
        {asked.map((each) => (
          <QuestionItem key={each.question.id} asked={each} armed={armed} />
        ))}
      </ul>
    </section>
  );
}

function QuestionItem({ asked: { question, node }, armed }: { asked: AskedQuestion; armed: boolean }) {
  const store = useStore();
  const { t, strings, busy, selected, view } = store;
  const { message, fix } = sentencesOf(strings.value, question.problem);
  // The sentence names the plan and its files already.
  const { command, plan: _plan, files: _files, folder, ...facts } = question.facts;
  return (
    <li class="question">
      <p class="question-text" dir="auto">
        {message}
      </p>
      {fix === '' ? null : (
        <p class="question-fix" dir="auto">
          {fix}
        </p>
      )}
      {typeof command === 'string' ? <Command text={command} /> : null}
      {typeof folder === 'string' ? (
        <p class="question-fix">
          {t('questions.folder')} <code dir="ltr">{folder}</code>
        </p>
      ) : null}
      {Object.entries(facts).map(([name, value]) => (
        <Fact key={name} value={value} />
      ))}
      <div class="question-choices">
        {question.choices.map((choice, at) => {
          const consent = consents.has(choice) || (question.kind === 'approveCommand' && at === 0);
          return (
            <Button
              key={choice}
              look={at === 0 ? 'primary' : 'secondary'}
              disabled={busy.value.has(`answer:${question.id}`) || (consent && !armed)}
              onPress={() => store.answer(question.id, choice)}
            >
              {choiceLabel(strings.value, choice)}
            </Button>
          );
        })}
        {typeof folder === 'string' ? (
          <Link onPress={() => store.openFiles(question.id)}>{t('questions.openFiles')}</Link>
        ) : null}
        {node === undefined ? null : (
          <Link
            onPress={() => {
              view.value = 'graph';
              selected.value = node;
              focusSoon('.details');
            }}
          >
            {t('questions.showStep')}
          </Link>
        )}
      </div>
    </li>
  );
}

/** A command in full, every character of it visible; scrolls rather than cuts. */
function Command({ text }: { text: string }) {
  const { t } = useStore();
  return (
    <>
      <pre class="command" dir="ltr" tabIndex={0} role="region" aria-label={t('questions.command')}>
        {revealed(text).map((piece, at) =>
          piece.hidden ? (
            <mark key={at} class="hidden-character">
              {piece.text}
            </mark>
          ) : (
            piece.text
          ),
        )}
      </pre>
      {hidesSomething(text) ? (
        <p class="command-warning">
          <Icon name="warning" />
          <span dir="auto">{t('questions.hidden')}</span>
        </p>
      ) : null}
    </>
  );
}

/** A fact beside a question: lists of files as lines, text as it stands with nothing hidden. */
function Fact({ value }: { value: unknown }) {
  const text = Array.isArray(value) ? value.map(String).join('\n') : typeof value === 'string' ? value : '';
  if (text === '') return null;
  const { t } = useStore();
  return (
    <pre class="fact" dir="auto" tabIndex={0} role="region" aria-label={t('details.note')}>
      {revealed(text).map(({ text: shown, hidden }) => (hidden && shown === '⏎' ? '' : shown))}
    </pre>
  );
}

/** False for a moment after `key` changed. */
function useArmed(key: string): boolean {
  const [armedFor, setArmedFor] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setArmedFor(key), armedAfter);
    return () => clearTimeout(timer);
  }, [key]);
  return armedFor === key;
}

/** What a key of `.planning/config.json` may hold: one of words, or a sort of value. */
export type ConfigValue = readonly string[] | 'boolean' | 'number' | 'text' | 'any';

const booleans = (prefix: string, names: string): [string, ConfigValue][] =>
  names.split(' ').map((name) => [`${prefix}${name}`, 'boolean']);
const of = (kind: ConfigValue, prefix: string, names: string): [string, ConfigValue][] =>
  names.split(' ').map((name) => [`${prefix}${name}`, kind]);

/** Keys that hold what people name themselves; nothing below them is looked at. */
export const openKeys: ReadonlySet<string> = new Set(
  (
    'agent_skills model_overrides dynamic_routing effort manager review statusline graphify learnings intel ' +
    'capabilities security ship plan_review features multiRepo sub_repos runtime claude_md_path'
  ).split(' '),
);

/** The keys GSD knows in version 1.10 with what they may hold, older names included. */
export const configKeys: ReadonlyMap<string, ConfigValue> = new Map<string, ConfigValue>([
  ['mode', ['interactive', 'yolo', 'custom']],
  ['granularity', ['coarse', 'standard', 'fine']],
  ['depth', ['quick', 'standard', 'comprehensive']],
  ['model_profile', ['quality', 'balanced', 'budget', 'adaptive', 'inherit']],
  ['parallelization', 'any'],
  ['resolve_model_ids', 'any'],
  ['context_window', 'number'],
  ['phase_naming', ['sequential', 'custom']],
  ...of('any', '', 'project_code phase_id_convention response_language'),
  ...booleans('', 'commit_docs search_gitignored brave_search firecrawl exa_search'),
  ...booleans('parallelization.', 'enabled plan_level task_level skip_checkpoints'),
  ...of('number', 'parallelization.', 'max_concurrent_agents min_plans_for_parallel'),
  ['branching_strategy', ['none', 'phase', 'milestone']],
  ['git.branching_strategy', ['none', 'phase', 'milestone']],
  ['git.create_tag', 'boolean'],
  ...of('any', 'git.', 'base_branch phase_branch_template milestone_branch_template quick_branch_template'),
  ...booleans(
    'workflow.',
    'research plan_check verifier nyquist_validation ai_integration_phase ui_phase ui_safety_gate ui_review ' +
      'code_review pattern_mapper post_planning_gaps context_coverage_gate security_enforcement node_repair ' +
      'use_worktrees auto_advance _auto_chain_active text_mode research_before_questions skip_discuss ' +
      'plan_bounce auto_prune_state tdd_mode mvp_mode cross_ai_execution',
  ),
  ...of(
    'number',
    'workflow.',
    'node_repair_budget smart_zone_tokens max_discuss_passes subagent_timeout plan_bounce_passes ' +
      'security_asvs_level test_gate_timeout cross_ai_timeout inline_plan_threshold drift_threshold',
  ),
  ...of(
    'text',
    'workflow.',
    'human_verify_mode discuss_mode code_review_depth security_block_on context_guard_mode drift_action',
  ),
  ...booleans('planning.', 'commit_docs search_gitignored'),
  ...of('any', 'planning.', 'sub_repos granularity'),
  ...booleans('hooks.', 'context_warnings workflow_guard'),
  ...booleans(
    'gates.',
    'confirm_project confirm_phases confirm_roadmap confirm_breakdown confirm_plan execute_next_plan ' +
      'issues_review confirm_transition',
  ),
  ...booleans('safety.', 'always_confirm_destructive always_confirm_external_services'),
]);

/** Keys that group others: what stands before a dot in the table. */
export const configGroups: ReadonlySet<string> = new Set(
  [...configKeys.keys()].flatMap((key) => (key.includes('.') ? [key.split('.')[0]!] : [])),
);

// The toolkit tests for a style rule with an empty <style>; under a strict policy that is a violation
// unless it may carry the page's nonce, which the toolkit looks for in this meta element. It has to be
// there before the toolkit's modules run, so this file is imported before them.
const nonce = document.currentScript?.nonce;
if (nonce && !document.querySelector('meta[property="csp-nonce"]')) {
  const meta = document.createElement('meta');
  meta.setAttribute('property', 'csp-nonce');
  meta.content = nonce;
  document.head.append(meta);
}

export {};

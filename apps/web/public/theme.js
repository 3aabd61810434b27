/* Runs before the first paint: sets the colour scheme and the language, and asks for the catalogue of that language early. */
(function () {
  var root = document.documentElement;
  var read = function (key) {
    try { return window.localStorage.getItem(key); } catch (e) { return null; }
  };
  var theme = read('clawkeep.theme');
  var dark = theme === 'dark' || (theme !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  root.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  var files = document.currentScript && document.currentScript.dataset;
  if (!files || !files.en) return;
  var language = read('clawkeep.locale') || (/^ru\b/i.test(navigator.language) ? 'ru' : 'en');
  root.lang = language;
  (files[language] || files.en).split(' ').forEach(function (href) {
    var link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = href;
    document.head.appendChild(link);
  });
})();

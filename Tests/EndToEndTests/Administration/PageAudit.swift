import JSON
import TestSupport
import Testing

/// What every page owes its readers, looked at in the page as the browser shows it (WCAG 2.2, 1.3.1, 1.4.3, 1.4.10,
/// 2.4.2, 3.1.1, 4.1.2).
enum PageAudit {
    /// The page's faults, a line each.
    private static let script = """
        const faults = [];
        const add = (what, e) => faults.push(what + ': ' + (e ? e.outerHTML.slice(0, 120) : ''));
        if (!document.documentElement.lang) add('no language');
        if (!document.title) add('no title');
        if (document.querySelectorAll('h1').length !== 1) add('not one h1');
        if (!document.querySelector('main')) add('no main');
        for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
          if (!e.labels.length && !e.getAttribute('aria-label')) add('no label', e);
        }
        for (const e of document.querySelectorAll('a, button')) {
          if (!(e.innerText.trim() || e.getAttribute('aria-label'))) add('no name', e);
        }
        const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
        for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) add('twice the id ' + id);
        for (const e of document.querySelectorAll('[aria-labelledby]')) {
          if (!document.getElementById(e.getAttribute('aria-labelledby'))) add('labelled by nothing', e);
        }
        for (const e of document.querySelectorAll('[style], style, script:not([src])')) add('style or script inside', e);
        for (const e of document.querySelectorAll('svg:not([aria-hidden])')) {
          if (!e.getAttribute('aria-label')) add('a picture without words', e);
        }
        const numbers = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
        const light = (c) => {
          const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = (e) => {
          for (; e; e = e.parentElement) {
            const c = numbers(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0) return c;
          }
          return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const e = walker.currentNode.parentElement;
          if (!walker.currentNode.data.trim() || !e.getClientRects().length || e.closest('.skip, script')) continue;
          const a = light(numbers(getComputedStyle(e).color)) + 0.05, b = light(ground(e)) + 0.05;
          const ratio = Math.max(a, b) / Math.min(a, b);
          if (ratio < 4.5) add('contrast ' + ratio.toFixed(2), e);
        }
        if (document.documentElement.scrollWidth > innerWidth) {
          const wide = [...document.querySelectorAll('main *')].find((e) => e.getBoundingClientRect().right > innerWidth + 1
            && !e.closest('.scroll'));
          add('wider than the window: ' + document.documentElement.scrollWidth, wide);
        }
        return faults.join('\\n');
        """

    /// Expects a page to have no fault at two widths and in both colour schemes, and keeps pictures of it.
    static func expectFine(_ page: String, in browser: Browser, named name: String) async throws {
        for (width, dark) in [(1_280, false), (1_280, true), (400, false), (400, true)] {
            try await browser.look(width: width, dark: dark)
            let faults = try await browser.run(script).string
            #expect(faults == "", "\(page), \(width) pixels, \(dark ? "dark" : "light")")
            try await browser.keepPicture("\(name)-\(width)-\(dark ? "dark" : "light")")
        }
        try await browser.look(width: 1_280, dark: false)
    }
}

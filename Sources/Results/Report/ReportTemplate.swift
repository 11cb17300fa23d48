/// The page of `report.html`. Double braces escape the values inserted. Drawings are inline SVG, which needs neither
/// script nor another file; a browser's own colours for links and text are kept where they serve.
enum ReportTemplate {
    static let text = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>{{title}}: {{verdict.sentence}} – Rollcall</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        <header>
        <p class="name">{{title}} <span class="state {{verdict.kind}}">{{state}}</span></p>
        <h1>{{verdict.sentence}}</h1>
        {{#reason}}<p class="reason">{{.}}</p>{{/reason}}
        </header>
        {{^empty(chart.parts)}}<svg class="whole" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" \
        aria-label="{{verdict.sentence}}">
        {{#chart.parts}}<rect class="{{kind}}" x="{{start}}" y="0" width="{{width}}" height="4"><title>{{label}}: \
        {{value}}, {{share}}</title></rect>
        {{/chart.parts}}</svg>
        <ul class="legend">
        {{#chart.parts}}<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="{{kind}}" width="10" height="10" \
        rx="2"/></svg> {{label}} <b>{{value}}</b> <span>{{share}}</span></li>
        {{/chart.parts}}</ul>
        {{/empty(chart.parts)}}{{^empty(verdict.tasks)}}<h2>What is left to do</h2>
        {{#verdict.tasks}}<section class="task{{#isCostly}} costly{{/isCostly}}">
        <h3>{{title}}{{#file}} <a href="{{.}}">{{.}}</a>{{/file}}</h3>
        <p>{{remedy}}</p>
        {{#commands}}<pre>{{.}}</pre>
        {{/commands}}</section>
        {{/verdict.tasks}}{{/empty(verdict.tasks)}}{{#reasons}}<h2>{{title}}</h2>
        <p class="note">{{remedy}}{{#file}} They lie in <a href="{{.}}">{{.}}</a>.{{/file}}</p>
        <table class="counts">
        {{#rows}}\(count){{/rows}}</table>
        {{/reasons}}{{^empty(scores)}}<h2>Scores</h2>
        <p class="note">All on one scale: the line at the top is {{#first(scores)}}{{top}}{{/first(scores)}} of the \
        answers that have the score.</p>
        <div class="scores">
        {{#scores}}\(score){{/scores}}</div>
        {{/empty(scores)}}<div class="columns">
        <section><h2>Calls and cost</h2>
        <table>
        {{#calls}}\(fact){{/calls}}</table></section>
        {{^empty(latency)}}<section><h2>Time for an answer</h2>
        <table>
        {{#latency}}\(fact){{/latency}}</table></section>
        {{/empty(latency)}}<section><h2>The batch</h2>
        <table>
        {{#facts}}\(fact){{/facts}}</table></section>
        <section><h2>Files</h2>
        <table>
        {{#files}}<tr><th scope="row"><a href="{{label}}">{{label}}</a></th><td>{{value}}</td></tr>
        {{/files}}<tr><th scope="row"><a href="summary.json">summary.json</a></th><td>all figures, for programs</td></tr>
        </table></section>
        </div>
        <details><summary>How it was run, keys and digests</summary>
        <table>
        {{#origin}}\(fact){{/origin}}</table>
        <p class="note">Ids and SHA-256 digests</p>
        <table class="digests">
        {{#digests}}\(fact){{/digests}}</table>
        </details>
        <footer>This page holds counts only: no ids and no values of records.</footer>
        </body>
        </html>

        """

    private static let fact = """
        <tr><th scope="row">{{label}}</th><td>{{value}}</td></tr>

        """

    private static let count = """
        <tr><th scope="row">{{label}}</th><td class="number">{{value}}</td><td class="number share">{{share}}</td></tr>

        """

    private static let score = """
        <figure>
        <figcaption><b>{{title}}</b> <span>{{answers}}</span></figcaption>
        <svg viewBox="0 0 300 66" role="img" aria-label="{{title}}: {{description}}">
        <path class="axis" d="M0 .5H300M0 65.5H300"/>
        {{#bars}}<rect class="bar" x="{{x}}" y="{{y}}" width="{{width}}" height="{{height}}"><title>{{text}}</title></rect>
        {{/bars}}</svg>
        <p class="ends"><span>{{low}}</span><span>{{high}}</span></p>
        <p class="note">{{meaning}}</p>
        </figure>

        """
}

extension ReportTemplate {
    /// Both colour schemes; the narrowest screen it is made for is 320 pixels wide.
    private static let style = """
        :root { color-scheme: light dark; --ink: #1d2229; --soft: #5b6573; --line: #d8dde4; --ground: #fff; --card: #f6f7f9;
        --good: #2f855a; --reused: #7fb99b; --bad: #c53030; --invalid: #e08e45; --doubt: #b7891c; --none: #9aa4b1;
        --wait: #5a8fc7; --bar: #4a7fb5; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --soft: #9aa5b4; --line: #353c46; --ground: #15181d;
        --card: #1e232a; --good: #48a878; --reused: #2f6d50; --bad: #e5645f; --invalid: #c97f3d; --doubt: #d6ac45;
        --none: #5d6673; --wait: #6ea3da; --bar: #6797c7; } }
        * { box-sizing: border-box; }
        body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 3rem;
        color: var(--ink); background: var(--ground); }
        .name { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
        .state { margin-left: .4rem; padding: .1rem .6rem; border-radius: 1rem; font-size: .85rem; color: var(--ground);
        background: var(--doubt); white-space: nowrap; }
        .state.good { background: var(--good); }
        h1 { margin: .25rem 0 1rem; font-size: clamp(1.3rem, 4.5vw, 1.9rem); line-height: 1.25;
        text-wrap: balance; }
        h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
        h3 { margin: 0; font-size: 1rem; }
        h3 a { margin-left: .5rem; font-weight: normal; }
        .reason { margin: 0 0 1rem; padding-left: .8rem; border-left: 4px solid var(--bad); }
        .whole { display: block; width: 100%; height: 1.4rem; border-radius: .3rem; }
        .good { fill: var(--good); } .reused { fill: var(--reused); } .bad { fill: var(--bad); }
        .invalid { fill: var(--invalid); } .doubt { fill: var(--doubt); } .none { fill: var(--none); }
        .wait { fill: var(--wait); } .bar { fill: var(--bar); } .axis { stroke: var(--line); fill: none; }
        .legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: .6rem 0 0; padding: 0; list-style: none; }
        .legend svg { width: .75rem; height: .75rem; }
        .legend span, .note, .share, figcaption span, .ends { color: var(--soft); font-size: .9rem; }
        .task { margin: .6rem 0; padding: .8rem 1rem; border-radius: .4rem; border-left: 4px solid var(--invalid);
        background: var(--card); }
        .task.costly { border-color: var(--doubt); }
        .task p { margin: .25rem 0 .5rem; }
        pre { margin: .3rem 0 0; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        pre::before { content: "$ "; color: var(--soft); }
        table { border-collapse: collapse; width: 100%; }
        th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; font-weight: normal;
        border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        td.share { min-width: 4.5rem; }
        th { color: var(--soft); } .counts th { color: inherit; }
        td.number { width: 1%; padding-left: 1rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .scores { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1.2rem 1.8rem; }
        figure { margin: 0; } figure svg { display: block; width: 100%; } figcaption { display: flex; gap: .5rem;
        justify-content: space-between; }
        .ends { display: flex; justify-content: space-between; margin: .1rem 0 0; } figure .note { margin: 0; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0 2rem; }
        .columns th { width: 45%; }
        details { margin-top: 2rem; } summary { cursor: pointer; } .digests td { font: .8rem/1.5 ui-monospace, monospace; }
        footer { margin-top: 2.5rem; color: var(--soft); font-size: .9rem; }
        @media print { details:not([open]) { display: none; } }
        """
}

/// The page of `report.html`. Double braces escape the values inserted.
enum ReportTemplate {
    static let text = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>{{title}} – Rollcall</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 52rem; padding: 0 1rem; color: #222; }
        h1 { margin-bottom: 0; } h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
        .state { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; background: #e4e8ee; }
        .reason { border-left: 4px solid #c60; padding-left: .8rem; }
        table { border-collapse: collapse; width: 100%; }
        td { padding: .15rem .6rem .15rem 0; vertical-align: top; }
        td.label { width: 40%; } td.number { text-align: right; width: 7rem; font-variant-numeric: tabular-nums; }
        td.value { overflow-wrap: anywhere; }
        .bar { background: #4a7fb5; height: .9rem; margin-top: .35rem; min-width: 1px; }
        footer { margin-top: 3rem; color: #555; font-size: .9rem; }
        @media (prefers-color-scheme: dark) { body { background: #16181c; color: #ddd; } .state { background: #333; } }
        </style>
        </head>
        <body>
        <h1>{{title}}</h1>
        <p><span class="state">{{state}}</span></p>
        {{#reason}}<p class="reason">{{.}}</p>{{/reason}}
        <table>
        {{#facts}}<tr><td class="label">{{label}}</td><td class="value">{{value}}</td></tr>
        {{/facts}}</table>
        <h2>Records</h2>
        <table>
        {{#records}}\(bar){{/records}}</table>
        <h2>Calls</h2>
        <table>
        {{#calls}}<tr><td class="label">{{label}}</td><td class="value">{{value}}</td></tr>
        {{/calls}}</table>
        {{^empty(latency)}}<h2>Time per answered call</h2>
        <table>
        {{#latency}}<tr><td class="label">{{label}}</td><td class="value">{{value}}</td></tr>
        {{/latency}}</table>
        {{/empty(latency)}}{{^empty(scores)}}<h2>Identity risk score</h2>
        <table>
        {{#scores}}\(bar){{/scores}}</table>
        {{/empty(scores)}}{{^empty(failures)}}<h2>Failed and in doubt, by reason</h2>
        <table>
        {{#failures}}\(bar){{/failures}}</table>
        {{/empty(failures)}}{{^empty(refusals)}}<h2>Invalid, by rule</h2>
        <table>
        {{#refusals}}\(bar){{/refusals}}</table>
        {{/empty(refusals)}}<h2>Files</h2>
        <table>
        {{#files}}<tr><td class="label">{{label}}</td><td class="value"><code>{{value}}</code></td></tr>
        {{/files}}</table>
        <h2>How it was run</h2>
        <table>
        {{#origin}}<tr><td class="label">{{label}}</td><td class="value">{{value}}</td></tr>
        {{/origin}}</table>
        <footer>This page holds counts only: no ids and no values of records.</footer>
        </body>
        </html>

        """

    private static let bar = """
        <tr><td class="label">{{label}}</td><td class="number">{{value}}</td>\
        <td><div class="bar" style="width: {{width}}%"></div></td></tr>

        """
}

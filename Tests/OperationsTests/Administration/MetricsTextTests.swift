import Testing

@testable import Operations

/// The lines are those of https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.
@Suite("Metrics as Prometheus reads them")
struct MetricsTextTests {
    @Test func eachMetricIsExplainedOnceAndItsValuesAreSorted() {
        var text = MetricsText()
        text.add("rollcall_records", .gauge, .database, "Records.", by: "status", ["queued": 2, "failed": 0.5])
        text.add("rollcall_retries_total", .counter, .node, "Retries.", 9_007_199_254_740_991)
        #expect(
            text.text == """
                # HELP rollcall_records Records. (of the database)
                # TYPE rollcall_records gauge
                rollcall_records{status="failed"} 0.5
                rollcall_records{status="queued"} 2
                # HELP rollcall_retries_total Retries. (of this node)
                # TYPE rollcall_retries_total counter
                rollcall_retries_total 9007199254740991

                """)
    }

    @Test func whatIsNotKnownIsNotThere() {
        var text = MetricsText()
        text.add("rollcall_spend_total", .counter, .database, "Cost.", by: "currency", [:])
        text.add("rollcall_database_bytes", .gauge, .database, "Bytes.", nil)
        #expect(text.text.isEmpty)
    }

    @Test func aHistogramCountsUpwards() {
        var text = MetricsText()
        text.addHistogram(
            "rollcall_call_duration_seconds", "Calls.", bounds: [0.05, 1, 30], counts: [2, 0, 3, 1], sum: 61.25)
        #expect(
            text.text.split(separator: "\n").dropFirst(2) == [
                "rollcall_call_duration_seconds_bucket{le=\"0.05\"} 2",
                "rollcall_call_duration_seconds_bucket{le=\"1\"} 2",
                "rollcall_call_duration_seconds_bucket{le=\"30\"} 5",
                "rollcall_call_duration_seconds_bucket{le=\"+Inf\"} 6",
                "rollcall_call_duration_seconds_sum 61.25", "rollcall_call_duration_seconds_count 6",
            ])
    }

    @Test func namesAreEscaped() {
        var text = MetricsText()
        text.add("rollcall_x", .gauge, .node, "a\\b\n\"c\"", by: "job", ["a\"b\\c\nd": 1])
        #expect(text.text.hasPrefix("# HELP rollcall_x a\\\\b\\n\"c\" (of this node)\n"))
        #expect(text.text.hasSuffix("rollcall_x{job=\"a\\\"b\\\\c\\nd\"} 1\n"))
    }
}

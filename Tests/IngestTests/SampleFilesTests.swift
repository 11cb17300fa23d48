import Foundation
import Testing

@testable import Ingest

/// The samples under `jobs/samples/` are what the README and the demo say they are.
struct SampleFilesTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("jobs/samples").path

    @Test
    func theCSVSampleHasAThousandRecordsOfWhichSomeTwentyBreakARule() throws {
        let survey = try FileSurvey.survey(InputFile.open(path: Self.folder + "/accounts.csv").examine())
        #expect(survey.records == 1200)
        #expect(survey.invalid == 21)
        #expect(survey.rules.count >= 15 && survey.notes.map(\.count) == [1, 1])
        #expect(survey.duplicateRequests > 0 && survey.duplicateIDs > 0)
    }

    @Test
    func theCSVSampleHoldsWhatRealFilesHold() throws {
        let text = try String(contentsOfFile: Self.folder + "/accounts.csv", encoding: .utf8)
        #expect(text.contains("\"Flat 3\n"))
        #expect(text.contains("\"William \"\"Bill\"\" Turner\""))
        #expect(text.contains("山田 太郎") && text.contains("محمد الأحمد"))
        #expect(!text.contains("iia+"))
    }

    @Test
    func theJSONLinesSampleHasTwentyLinesOfWhichTwoBreakARule() throws {
        let survey = try FileSurvey.survey(InputFile.open(path: Self.folder + "/accounts.jsonl").examine())
        #expect(survey.records == 20 && survey.invalid == 2)
    }
}

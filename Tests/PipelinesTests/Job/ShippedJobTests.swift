import Foundation
import Pipelines
import Testing

@Suite struct ShippedJobTests {
    static let root = String(#filePath.prefix(upTo: #filePath.range(of: "/Tests/PipelinesTests/")?.lowerBound ?? #filePath.endIndex))

    @Test("every job of the project is read without a finding", arguments: ["fraud", "fraud-xml", "handbook"])
    func shippedJobs(name: String) throws {
        let components = Components(
            stages: Stages.all, formats: JobSamples.components.formats, families: Components.standard.families)
        let path = "\(Self.root)/jobs/\(name).yaml"
        let text = try #require(FileManager.default.contents(atPath: path))
        let job = try Job.load(bytes: Array(text), path: "jobs/\(name).yaml", components: components)
        #expect(job.directory == "jobs")
        #expect(job.stage.name == "fraud")
    }
}

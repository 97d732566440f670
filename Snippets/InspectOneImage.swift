// Fits a model on a folder of flawless images and inspects one image with it:
//
//     swift run InspectOneImage FLAWLESS_FOLDER IMAGE [OVERLAY.jpg]

import Foundation
import InspectionKit

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: InspectOneImage FLAWLESS_FOLDER IMAGE [OVERLAY.jpg]")
    exit(64)
}

do {
    // snippet.fit
    var fitting = Fitting()
    fitting.falseAlarmRate = 0.05
    let model = try fitting.fit([URL(fileURLWithPath: arguments[1])])
    print(model.promise)

    // snippet.inspect
    let inspector = try Inspector(model: model)
    let finding = try inspector.inspect(Image(contentsOf: URL(fileURLWithPath: arguments[2])))
    print(
        finding.isAnomalous ? "ANOMALOUS" : "normal",
        String(format: "score %.4g, threshold %.4g, p-value %.3f", finding.score, finding.threshold, finding.pValue))
    for region in finding.regions {
        print("  region at \(region.x), \(region.y): \(region.width)×\(region.height) pixels")
    }

    // snippet.overlay
    if arguments.count > 3 { try finding.overlay().write(to: URL(fileURLWithPath: arguments[3])) }
} catch {
    print("\(error)")
    exit(65)
}

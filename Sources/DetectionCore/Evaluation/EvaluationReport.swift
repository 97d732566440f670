/// The report of `inspectctl evaluate`; its JSON keys are the field's metric names.
package struct EvaluationReport: Codable, Sendable {
    /// Image and pixel measures of one kind of defect against all good test images, or of all kinds.
    package struct Measures: Codable, Sendable {
        package var images: Int
        package var imageAUROC, imageF1Max, imageAveragePrecision, imageFPR95: Double?
        package var pixelAUROC, pixelF1Max, aupro: Double?
        /// Mean intersection over union of the shown regions and the mask, over the images called that have a mask.
        package var regionIoU: Double?
        /// Share of the defective images above the calibrated threshold.
        package var recall: Double

        enum CodingKeys: String, CodingKey, CaseIterable {
            case images, recall
            case imageAUROC = "image_AUROC"
            case imageF1Max = "image_F1Max"
            case imageAveragePrecision = "image_AP"
            case imageFPR95 = "image_FPR95"
            case pixelAUROC = "pixel_AUROC"
            case pixelF1Max = "pixel_F1Max"
            case aupro = "AUPRO"
            case regionIoU = "region_IoU"
        }
    }

    /// The promised rate and the measured rate of the good test images.
    package struct FalseAlarmRate: Codable, Sendable {
        package var promised, measured: Double
        /// The numbers of good test images and of those flagged.
        package var n, flagged: Int
        /// Counts that chance allows with probability 0.95, given the numbers of calibration and test images
        /// (beta-binomial).
        package var allowed: [Int]
        package var isWithinRange: Bool { allowed[0] <= flagged && flagged <= allowed[1] }

        enum CodingKeys: String, CodingKey {
            case promised, measured, n, flagged
            case allowed = "allowed_95"
        }
    }

    package struct Confusion: Codable, Sendable {
        package var truePositives, falsePositives, trueNegatives, falseNegatives: Int
        package var precision, recall, f1: Double?

        init(truePositives: Int, falsePositives: Int, trueNegatives: Int, falseNegatives: Int) {
            (self.truePositives, self.falsePositives) = (truePositives, falsePositives)
            (self.trueNegatives, self.falseNegatives) = (trueNegatives, falseNegatives)
            let flagged = truePositives + falsePositives, anomalous = truePositives + falseNegatives
            precision = flagged > 0 ? Double(truePositives) / Double(flagged) : nil
            recall = anomalous > 0 ? Double(truePositives) / Double(anomalous) : nil
            f1 = flagged + anomalous > 0 ? 2 * Double(truePositives) / Double(flagged + anomalous) : nil
        }

        enum CodingKeys: String, CodingKey {
            case truePositives = "true_positives"
            case falsePositives = "false_positives"
            case trueNegatives = "true_negatives"
            case falseNegatives = "false_negatives"
            case precision, recall, f1
        }
    }

    package var dataset, method, backbone: String
    package var total: Measures
    package var defects: [String: Measures]
    package var threshold, pixelThreshold: Double
    /// The chi-square threshold of the method, if it has one.
    package var theoreticalThreshold: Double?
    package var calibrationImages, k: Int
    package var falseAlarmRate: FalseAlarmRate
    /// The same at α = 0.01, 0.05 and 0.10, as far as the calibration images suffice.
    package var falseAlarmRates: [FalseAlarmRate]
    package var confusion: Confusion
    /// AUPRO's limit of the false-positive rate.
    package var auproLimit: Double
    package var seconds: Double
    /// The time of the fit alone, and the process's largest memory when it ended; nil for a model from a file.
    package var fitSeconds: Double?
    package var fitBytes: Int?
    /// Median time of one test image in the detector, without decoding, with as many images side by side as workers.
    package var frameMilliseconds: Double?
    /// The totals of the untrained network, fitted on the same images; nil if training changed no backbone.
    package var before: Measures?
    /// The training history with the test's image AUROC as the watched number; only on request.
    package var epochs: [TrainingHistory.Epoch]?
    /// The quality of the masks behind the pixel measures.
    package var masks: MaskReport?
    /// The method's own sections.
    package var sections = ReportSections()

    enum CodingKeys: String, CodingKey, CaseIterable {
        case dataset, method, backbone, defects, threshold, k, confusion, seconds, before, epochs, masks
        case pixelThreshold = "pixel_threshold"
        case theoreticalThreshold = "theoretical_threshold"
        case calibrationImages = "calibration_images"
        case falseAlarmRate = "false_alarm_rate"
        case falseAlarmRates = "false_alarm_rates"
        case auproLimit = "AUPRO_limit"
        case fitSeconds = "fit_seconds"
        case fitBytes = "fit_bytes"
        case frameMilliseconds = "frame_ms"
    }

    /// The totals and the method's sections are at the top level, beside the other keys.
    package func encode(to encoder: any Encoder) throws {
        try sections.encode(to: encoder)
        try total.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(dataset, forKey: .dataset)
        try container.encode(method, forKey: .method)
        try container.encode(backbone, forKey: .backbone)
        try container.encode(defects, forKey: .defects)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(pixelThreshold, forKey: .pixelThreshold)
        try container.encodeIfPresent(theoreticalThreshold, forKey: .theoreticalThreshold)
        try container.encode(calibrationImages, forKey: .calibrationImages)
        try container.encode(k, forKey: .k)
        try container.encode(falseAlarmRate, forKey: .falseAlarmRate)
        try container.encode(falseAlarmRates, forKey: .falseAlarmRates)
        try container.encode(confusion, forKey: .confusion)
        try container.encode(auproLimit, forKey: .auproLimit)
        try container.encode(seconds, forKey: .seconds)
        try container.encodeIfPresent(fitSeconds, forKey: .fitSeconds)
        try container.encodeIfPresent(fitBytes, forKey: .fitBytes)
        try container.encodeIfPresent(frameMilliseconds, forKey: .frameMilliseconds)
        try container.encodeIfPresent(before, forKey: .before)
        try container.encodeIfPresent(masks, forKey: .masks)
        try container.encodeIfPresent(epochs, forKey: .epochs)
    }

    package init(from decoder: any Decoder) throws {
        total = try Measures(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        dataset = try container.decode(String.self, forKey: .dataset)
        method = try container.decode(String.self, forKey: .method)
        backbone = try container.decode(String.self, forKey: .backbone)
        defects = try container.decode([String: Measures].self, forKey: .defects)
        threshold = try container.decode(Double.self, forKey: .threshold)
        pixelThreshold = try container.decode(Double.self, forKey: .pixelThreshold)
        theoreticalThreshold = try container.decodeIfPresent(Double.self, forKey: .theoreticalThreshold)
        calibrationImages = try container.decode(Int.self, forKey: .calibrationImages)
        k = try container.decode(Int.self, forKey: .k)
        falseAlarmRate = try container.decode(FalseAlarmRate.self, forKey: .falseAlarmRate)
        falseAlarmRates = try container.decode([FalseAlarmRate].self, forKey: .falseAlarmRates)
        confusion = try container.decode(Confusion.self, forKey: .confusion)
        auproLimit = try container.decode(Double.self, forKey: .auproLimit)
        seconds = try container.decode(Double.self, forKey: .seconds)
        fitSeconds = try container.decodeIfPresent(Double.self, forKey: .fitSeconds)
        fitBytes = try container.decodeIfPresent(Int.self, forKey: .fitBytes)
        frameMilliseconds = try container.decodeIfPresent(Double.self, forKey: .frameMilliseconds)
        before = try container.decodeIfPresent(Measures.self, forKey: .before)
        masks = try container.decodeIfPresent(MaskReport.self, forKey: .masks)
        epochs = try container.decodeIfPresent([TrainingHistory.Epoch].self, forKey: .epochs)
        let own = CodingKeys.allCases.map(\.rawValue) + Measures.CodingKeys.allCases.map(\.rawValue)
        sections = try ReportSections(from: decoder, besides: own)
    }

    init(
        dataset: String, method: String, backbone: String, total: Measures, defects: [String: Measures],
        calibration: Calibration, theoreticalThreshold: Double?, falseAlarmRate: FalseAlarmRate,
        falseAlarmRates: [FalseAlarmRate], confusion: Confusion, seconds: Double
    ) {
        (self.dataset, self.method, self.backbone) = (dataset, method, backbone)
        (self.total, self.defects) = (total, defects)
        (threshold, pixelThreshold) = (calibration.imageThreshold, calibration.pixelThreshold)
        self.theoreticalThreshold = theoreticalThreshold
        (calibrationImages, k) = (calibration.n, calibration.k)
        (self.falseAlarmRate, self.falseAlarmRates) = (falseAlarmRate, falseAlarmRates)
        self.confusion = confusion
        auproLimit = Metrics.falsePositiveLimit
        self.seconds = seconds
    }
}

import Dispatch

extension DispatchTime {
    func milliseconds(since start: DispatchTime) -> Double {
        Double(uptimeNanoseconds - start.uptimeNanoseconds) / 1e6
    }
}

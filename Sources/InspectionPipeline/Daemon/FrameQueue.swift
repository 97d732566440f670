import Foundation

/// A bounded queue between the inbox and the worker threads: whoever is too fast waits.
///
/// Frames that do not fit wait in their folder, not in memory.
final class FrameQueue<Element: Sendable>: @unchecked Sendable {
    // Every stored property below is read and written under `condition` only.
    private let condition = NSCondition()
    private let capacity: Int
    private var elements: [Element] = []
    private var isEntranceClosed = false
    private var isClosed = false

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Waits for room.
    /// - Returns: false when the entrance was closed; the element is not taken then.
    func push(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while elements.count >= capacity && !isEntranceClosed { condition.wait() }
        guard !isEntranceClosed else { return false }
        elements.append(element)
        condition.broadcast()
        return true
    }

    /// Waits for an element; nil when the queue was closed.
    func pop() -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty && !isClosed { condition.wait() }
        // What is queued has not been touched: after a restart it is found again where it lies.
        guard !isClosed else { return nil }
        let first = elements.removeFirst()
        condition.broadcast()
        return first
    }

    /// Whoever pushes is turned away from now on; what is queued can be popped still.
    func closeEntrance() {
        condition.lock()
        isEntranceClosed = true
        condition.broadcast()
        condition.unlock()
    }

    func close() {
        condition.lock()
        isEntranceClosed = true
        isClosed = true
        elements.removeAll()
        condition.broadcast()
        condition.unlock()
    }

    var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return elements.count
    }
}

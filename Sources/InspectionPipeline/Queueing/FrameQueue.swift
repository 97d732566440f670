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

    /// Puts elements before all others, whether there is room or not.
    func putFirst(_ first: [Element]) {
        condition.lock()
        elements.insert(contentsOf: first, at: 0)
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for an element, and takes those behind it along as long as they are of the same batch; nil when the queue was
    /// closed and is empty.
    /// - Parameters:
    ///   - most: as many at a time.
    ///   - isBatched: whether an element may be taken together with others.
    func pop(most: Int, isBatched: (Element) -> Bool) -> [Element]? {
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty && !isClosed { condition.wait() }
        guard !elements.isEmpty else { return nil }
        let count = max(1, elements.prefix(most).prefix(while: isBatched).count)
        let first = Array(elements.prefix(count))
        elements.removeFirst(count)
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

    /// Ends the queue: what is left can be popped still, but for what is dropped now.
    func close(dropping isDropped: (Element) -> Bool) {
        condition.lock()
        isEntranceClosed = true
        isClosed = true
        elements.removeAll(where: isDropped)
        condition.broadcast()
        condition.unlock()
    }

    var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return elements.count
    }
}

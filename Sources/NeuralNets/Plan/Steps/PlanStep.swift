/// One fused step of a plan. Every member of the team calls `run`; each does its share of the rows.
///
/// Steps hold raw pointers into buffers that the plan keeps alive, and write disjoint rows: that is what makes sharing
/// them between the team's threads safe.
protocol PlanStep: AnyObject {
    var work: StepWork { get }
    func run(member: Int, of size: Int)
}

/// Rows [begin, end) of `count` for a member, in multiples of `grain`; all of them to member 0 when there are few.
func share(_ count: Int, member: Int, of size: Int, grain: Int) -> (Int32, Int32) {
    let grains = (count + grain - 1) / grain
    let begin = min(count, grains * member / size * grain)
    let end = min(count, grains * (member + 1) / size * grain)
    return (Int32(begin), Int32(end))
}

import Foundation

/// The standard normal distribution and its loss functions.
///
/// Source: Snyder, Shen, "Fundamentals of Supply Chain Theory", 2nd ed. (2019), appendix C.
public enum NormalLoss {
    public static func density(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }
    public static func distribution(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
    public static func quantile(_ probability: Double) -> Double {
        // Polished once: the start is good to 1e-9, a Newton step doubles that.
        let start = SpecialFunctions.normalQuantile(probability)
        return start - (distribution(start) - probability) / max(density(start), 1e-300)
    }
    /// E[(Z - z)+]
    public static func loss(_ z: Double) -> Double { density(z) - z * (1 - distribution(z)) }
    /// E[((Z - z)+)^2] / 2
    public static func secondLoss(_ z: Double) -> Double { 0.5 * ((z * z + 1) * (1 - distribution(z)) - z * density(z)) }
}

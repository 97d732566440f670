/// The version of both programs.
package let programVersion = "0.2.0"

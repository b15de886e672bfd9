namespace FuseServer;

/// <summary>A mount or unmount that failed. The message says in one line what failed, where, and what to do.</summary>
public sealed class FuseMountException(string message, Errno error, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The cause, where the system gave one.</summary>
    public Errno Error { get; } = error;
}

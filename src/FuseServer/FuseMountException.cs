namespace FuseServer;

/// <summary>Mounting or unmounting failed; the message is one line that says what, where and what to do.</summary>
public sealed class FuseMountException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>True when the mount point could not be unmounted because files or folders below it are in use.</summary>
    public bool IsBusy { get; init; }
}

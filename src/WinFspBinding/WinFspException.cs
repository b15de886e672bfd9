namespace WinFspBinding;

/// <summary>A volume that cannot be made or mounted; the message says why, and what to do.</summary>
public sealed class WinFspException : Exception
{
    /// <summary>Without a status of the driver.</summary>
    public WinFspException(string message)
        : base(message)
    {
    }

    /// <summary>With the driver's answer.</summary>
    public WinFspException(string message, NtStatus status)
        : base($"{message} (0x{(uint)status:X8})") => Status = status;

    /// <summary>The driver's answer; <see cref="NtStatus.Success"/> when it was not asked.</summary>
    public NtStatus Status { get; }
}

using FuseServer.Protocol;
using Microsoft.Extensions.Logging;

namespace FuseServer.Session;

/// <summary>The log lines of a session; never a name or content.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(1, LogLevel.Information, "mounted on {MountPoint}: FUSE {Major}.{Minor}, requests of {MaxWriteBytes} bytes, writeback cache {WritebackCache}")]
    public static partial void Mounted(ILogger logger, string mountPoint, uint major, uint minor, int maxWriteBytes, bool writebackCache);

    [LoggerMessage(2, LogLevel.Information, "unmounted from {MountPoint}")]
    public static partial void Unmounted(ILogger logger, string mountPoint);

    [LoggerMessage(3, LogLevel.Error, "the handler of {Opcode} threw; its caller gets EIO")]
    public static partial void HandlerFailed(ILogger logger, Opcode opcode, Exception exception);

    [LoggerMessage(4, LogLevel.Debug, "the handler of {Opcode} threw again")]
    public static partial void HandlerFailedAgain(ILogger logger, Opcode opcode, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "the kernel refused the answer to {Opcode}: {Error}")]
    public static partial void AnswerRefused(ILogger logger, Opcode opcode, Errno error);

    [LoggerMessage(6, LogLevel.Warning, "{Opcode} had no answer within {Deadline}; its caller gets ETIMEDOUT")]
    public static partial void DeadlinePassed(ILogger logger, Opcode opcode, TimeSpan deadline);

    [LoggerMessage(7, LogLevel.Warning, "dropped a malformed request of {Length} bytes")]
    public static partial void Malformed(ILogger logger, int length);

    [LoggerMessage(8, LogLevel.Error, "reading requests failed: {Error}")]
    public static partial void ReadFailed(ILogger logger, Errno error);

    [LoggerMessage(9, LogLevel.Error, "the file system's {Member} threw")]
    public static partial void CallbackFailed(ILogger logger, string member, Exception exception);
}

using FuseServer.Protocol;
using Microsoft.Extensions.Logging;

namespace FuseServer.Session;

/// <summary>What the readers, the requests and the session share.</summary>
internal sealed class FuseConnection(FuseDevice device, FuseOptions options, ILogger logger) : IDisposable
{
    private int _handlerFailureLogged;

    public FuseDevice Device { get; } = device;

    public FuseOptions Options { get; } = options;

    public ILogger Logger { get; } = logger;

    public FuseCounters Counters { get; private init; } = null!;

    public ReceiveBufferPool Buffers { get; private init; } = null!;

    public RequestTable Requests { get; private init; } = null!;

    public static FuseConnection Create(FuseDevice device, FuseOptions options, ILogger logger)
    {
        FuseCounters counters = new();
        return new FuseConnection(device, options, logger)
        {
            Counters = counters,
            Buffers = new ReceiveBufferPool(options, counters),
            Requests = new RequestTable(counters),
        };
    }

    public FuseRequest RentRequest() => Requests.TryRent() ?? new FuseRequest(this);

    /// <summary>
    /// An answer that the kernel did not take. ENOENT: the request was interrupted before it was served, or aborted; ENODEV and ENOTCONN:
    /// the mount is gone. Neither is a fault of the file system.
    /// </summary>
    public void ReportSendResult(Opcode opcode, Errno result)
    {
        if (result is not (Errno.None or Errno.ENOENT or Errno.ENODEV or Errno.ENOTCONN or Errno.EPERM))
            SessionLog.AnswerRefused(Logger, opcode, result);
    }

    public void ReportDeadline(Opcode opcode) => SessionLog.DeadlinePassed(Logger, opcode, Options.OperationDeadline);

    /// <summary>Logs the first exception of a handler in full and later ones at debug level, so that a broken handler does not flood the log.</summary>
    public void ReportHandlerFailure(Opcode opcode, Exception exception)
    {
        Counters.CountHandlerFailure();
        if (Interlocked.Exchange(ref _handlerFailureLogged, 1) == 0)
            SessionLog.HandlerFailed(Logger, opcode, exception);
        else
            SessionLog.HandlerFailedAgain(Logger, opcode, exception);
    }

    public void Dispose()
    {
        Device.Dispose();
        Buffers.Dispose();
    }
}

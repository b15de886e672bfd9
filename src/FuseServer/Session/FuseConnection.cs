using FuseServer.Protocol;
using Microsoft.Extensions.Logging;

namespace FuseServer.Session;

/// <summary>What the readers, the requests and the session share.</summary>
internal sealed class FuseConnection : IDisposable
{
    private int _handlerFailureLogged;

    public FuseConnection(FuseDevice device, FuseOptions options, ILogger logger)
    {
        Device = device;
        Options = options;
        Logger = logger;
        Counters = new FuseCounters();
        Buffers = new ReceiveBufferPool(options, Counters);
        Requests = new RequestTable(Counters);
    }

    public FuseDevice Device { get; }

    public FuseOptions Options { get; }

    public ILogger Logger { get; }

    public FuseCounters Counters { get; }

    public ReceiveBufferPool Buffers { get; }

    public RequestTable Requests { get; }

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

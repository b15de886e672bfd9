using WinFspBinding.Native;

namespace WinFspBinding;

/// <summary>
/// The requests of a volume that are answered later. Their buffers belong to the driver, and are gone when the volume is; so a volume is closed
/// in this order: nothing new is deferred, what was is answered, and only then the dispatcher is stopped.
/// </summary>
internal sealed unsafe class PendingReplies
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FileSystemObject* _fileSystem;
    private int _count;
    private bool _isClosing;

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    public void Attach(FileSystemObject* fileSystem) => _fileSystem = fileSystem;

    /// <summary>Only in a callback, on its thread.</summary>
    public PendingReply? TryDefer(TransactKind kind)
    {
        lock (_lock)
        {
            if (_isClosing)
                return null;
            _count++;
        }

        return new PendingReply(this, kind, NativeMethods.FspFileSystemGetOperationContext()->Request->Hint);
    }

    public void Send(ref TransactResponse response)
    {
        response.Size = (ushort)sizeof(TransactResponse);
        fixed (TransactResponse* pointer = &response)
            NativeMethods.FspFileSystemSendResponse(_fileSystem, pointer);
        lock (_lock)
        {
            if (--_count == 0 && _isClosing)
                _drained.TrySetResult();
        }
    }

    /// <summary>Refuses new ones, and ends when all are answered.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosing = true;
            if (_count == 0)
                _drained.TrySetResult();
        }

        return _drained.Task;
    }
}

/// <summary>A request that is answered later, exactly once.</summary>
public readonly struct PendingReply
{
    private readonly PendingReplies _replies;
    private readonly TransactKind _kind;
    private readonly ulong _hint;

    internal PendingReply(PendingReplies replies, TransactKind kind, ulong hint) => (_replies, _kind, _hint) = (replies, kind, hint);

    /// <summary>Answers a read or a listing, or any failure.</summary>
    /// <param name="status">How it went.</param>
    /// <param name="transferred">Bytes.</param>
    public void Complete(NtStatus status, uint transferred = 0) => Complete(status, transferred, default);

    /// <summary>Answers a write.</summary>
    /// <param name="status">How it went.</param>
    /// <param name="transferred">Bytes.</param>
    /// <param name="information">Of the file after it.</param>
    public void Complete(NtStatus status, uint transferred, in FileInformation information)
    {
        var response = new TransactResponse
        {
            Kind = _kind,
            Hint = _hint,
            Status = status,
            Information = transferred,
            FileInformation = information,
        };
        _replies.Send(ref response);
    }
}

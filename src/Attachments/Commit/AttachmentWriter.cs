using OrthancCloudFs.Attachments.Staging;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// One new attachment from its creation to its commit. Content arrives in any order and is held in staging; the commit sends it as one
/// object. What outgrows the writer's share is sent in parts while it arrives. Whatever goes wrong is latched: from then on every call
/// fails with it, and no object appears.
/// </summary>
public sealed partial class AttachmentWriter
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly StagingMemory _memory;
    private readonly StagedContent _content;
    private readonly ByteRanges _written = new();
    private readonly Func<AttachmentWriter, CancellationToken, Task<AttachmentInfo>> _store;
    private readonly Action<AttachmentWriter> _closed;
    private readonly TimeSpan _growthPatience;
    private readonly long _share;
    private readonly long _longest;
    private long _reserved;
    private int _isClosed;
    private AttachmentException? _failure;
    private Task<AttachmentInfo>? _commit;
    private State _state = State.Filling;

    internal AttachmentWriter(
        AttachmentId id,
        StagingMemory memory,
        long reserved,
        TimeSpan growthPatience,
        long longest,
        PartPlan? plan,
        Func<AttachmentWriter, StreamedUpload> startUpload,
        Func<AttachmentWriter, CancellationToken, Task<AttachmentInfo>> store,
        Action<AttachmentWriter> closed)
    {
        (Id, _memory, _share, _reserved, _growthPatience, _longest) = (id, memory, reserved, reserved, growthPatience, longest);
        (_plan, _startUpload, _store, _closed) = (plan, startUpload, store, closed);
        _content = new StagedContent(memory);
    }

    private enum State
    {
        Filling,
        Committing,
        Committed,
        Failed,
    }

    /// <summary>Its name.</summary>
    public AttachmentId Id { get; }

    /// <summary>When the writing began.</summary>
    public DateTimeOffset Started { get; } = DateTimeOffset.UtcNow;

    /// <summary>Bytes so far, holes included.</summary>
    public long Length
    {
        get
        {
            lock (_lock)
                return Committed?.Length ?? _content.Length;
        }
    }

    /// <summary>What was committed; null before.</summary>
    public AttachmentInfo? Committed { get; private set; }

    /// <summary>Why it will never be committed; null while it may.</summary>
    public AttachmentException? Failure
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    /// <summary>True while the file is empty and nothing was committed or has failed: it may be only just opened.</summary>
    public bool IsUntouched
    {
        get
        {
            lock (_lock)
                return _state == State.Filling && _content.Length == 0;
        }
    }

    internal StagedContent Content => _content;

    /// <summary>True when nobody can be told any more how the commit ends.</summary>
    internal bool IsAbandoned { get; private set; }

    /// <summary>Cancelled when the attachment is given up.</summary>
    internal CancellationToken Aborted => _abort.Token;

    /// <summary>Stages bytes if there is room at once.</summary>
    /// <returns>False when the caller must <see cref="WaitForRoomAsync"/> and try again.</returns>
    /// <exception cref="AttachmentException">The attachment has failed, or has just failed because it cannot fit, or is committed.</exception>
    public bool TryWrite(long offset, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            RequireFilling();
            RequireNotTaken(offset);
            RequireLength(offset + data.Length);
            if (!TryGrow(offset, data.Length))
                return false;
            _content.Write(offset, data);
            _written.Add(offset, offset + data.Length);
            _arrived.Set();
            _freed.Set(); // others may be next now
            return true;
        }
    }

    /// <summary>
    /// Waits until a write of that place and size may find room. Waiting for room that only others can free fails the attachment for good
    /// after a while; waiting for parts to be put does not.
    /// </summary>
    /// <exception cref="AttachmentException"><see cref="AttachmentError.NoRoom"/>.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the attachment has failed all the same.</exception>
    public async Task WaitForRoomAsync(long offset, int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task freed;
            long? missing;
            lock (_lock)
            {
                RequireFilling();
                if (TryGrow(offset, count))
                    return;
                freed = _freed.Next;
                missing = WaitsForOthers(offset, count);
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _abort.Token);
            patience.CancelAfter(_isStuck ? _growthPatience : StuckAfter < _growthPatience ? StuckAfter : _growthPatience);
            Task others = missing is { } bytes ? WaitForMemoryAsync(bytes, patience.Token) : Task.Delay(Timeout.Infinite, patience.Token);
            await Task.WhenAny(freed, others).ConfigureAwait(false);
            bool gaveUp = cancellationToken.IsCancellationRequested || _abort.IsCancellationRequested;
            if (!freed.IsCompleted && others.IsCanceled && !gaveUp && !IsUploading && !_isStuck)
            {
                _isStuck = true;
            }
            else if (!freed.IsCompleted && others.IsCanceled && (gaveUp || !IsUploading))
            {
                AttachmentException failure = Fail(new AttachmentException(
                    AttachmentError.NoRoom,
                    $"{Id}: no room for {count} more bytes within {_growthPatience.TotalSeconds:0} s: others hold the staging memory"));
                cancellationToken.ThrowIfCancellationRequested();
                throw failure;
            }

            await patience.CancelAsync().ConfigureAwait(false);
            await others.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads back what was staged so far; bytes never written are zero.</summary>
    /// <exception cref="AttachmentException">The attachment has failed, or is no longer in this writer's hands.</exception>
    public int Read(long offset, Span<byte> into)
    {
        lock (_lock)
        {
            RequireFilling();
            if (offset < _taken)
                throw new AttachmentException(AttachmentError.Busy, $"{Id}: these bytes are on their way to the bucket already");
            return _content.Read(offset, into);
        }
    }

    /// <summary>Cuts or extends the content. What an extension adds must still be written, or the commit fails.</summary>
    public void SetLength(long length)
    {
        lock (_lock)
        {
            RequireFilling();
            RequireNotTaken(length);
            RequireLength(length);
            _content.SetLength(length);
            _written.Truncate(length);
        }
    }

    /// <summary>Latches a failure; the first one stays. Returns the one in force.</summary>
    public AttachmentException Fail(AttachmentException failure)
    {
        lock (_lock)
            return _state == State.Filling ? Latch(failure) : _failure ?? failure;
    }

    /// <summary>
    /// Makes the attachment durable: returns only after the bucket confirmed the whole object. Every caller shares the one commit; a
    /// caller who gives up does not end it.
    /// </summary>
    /// <exception cref="AttachmentException">There is no such object, and there never will be.</exception>
    public Task<AttachmentInfo> CommitAsync(CancellationToken cancellationToken)
    {
        Task<AttachmentInfo> commit;
        lock (_lock)
        {
            if (_commit is null)
            {
                if (_state == State.Failed)
                    throw _failure!;
                if (_written.FirstGap(_content.Length) is { } gap)
                {
                    throw Latch(new AttachmentException(
                        AttachmentError.Incomplete, $"{Id}: bytes from {gap} on were never written, of {_content.Length}"));
                }

                _state = State.Committing;
                ReleaseDownTo(_content.Held + _outgoing);
                _arrived.Set();
                _commit = Task.Run(RunCommitAsync, CancellationToken.None);
            }

            commit = _commit;
        }

        return commit.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// The same for a file that was closed where closing carries no error. Whatever the write mode, the sealed object goes to the journal of
    /// uploads, if there is one with room: it is safe on local disk when this returns, and gets to the bucket for as long as that takes.
    /// </summary>
    /// <inheritdoc cref="CommitAsync"/>
    public Task<AttachmentInfo> CommitClosedAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            IsAbandoned = true;
        return CommitAsync(cancellationToken);
    }

    /// <summary>Gives the attachment up unless it is committed: ends a commit under way and waits until it is known to have failed.</summary>
    public async Task AbortAsync(string reason)
    {
        Task<AttachmentInfo>? commit;
        lock (_lock)
        {
            if (_state == State.Filling)
                Latch(new AttachmentException(AttachmentError.Incomplete, $"{Id}: {reason}"));
            commit = _commit;
        }

        await _abort.CancelAsync().ConfigureAwait(false);
        if (commit is not null)
            await ((Task)commit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Upload is { } upload)
            await upload.StoppedAsync().ConfigureAwait(false);
    }

    /// <summary>Hands the staged memory over to a new owner; only inside the commit.</summary>
    internal long TakeReservation()
    {
        long reserved = _reserved;
        _reserved = 0;
        return reserved;
    }

    private async Task<AttachmentInfo> RunCommitAsync()
    {
        try
        {
            AttachmentInfo info = await _store(this, _abort.Token).ConfigureAwait(false);
            lock (_lock)
                (_state, Committed) = (State.Committed, info);
            return info;
        }
        catch (Exception e)
        {
            AttachmentException failure = e as AttachmentException
                ?? new AttachmentException(AttachmentError.BucketFailure, $"{Id}: {e.Message}", e);
            lock (_lock)
                throw Latch(failure);
        }
        finally
        {
            Close();
        }
    }

    private void RequireFilling()
    {
        if (_state == State.Failed)
            throw _failure!;
        if (_state != State.Filling)
            throw new AttachmentException(AttachmentError.Immutable, $"{Id}: it is committed and cannot be changed");
    }

    private void RequireLength(long length)
    {
        if (length > _longest)
        {
            throw Latch(new AttachmentException(
                AttachmentError.TooLarge, $"{Id}: {length} bytes are more than can be stored here ({_longest} bytes)"));
        }
    }

    private AttachmentException Latch(AttachmentException failure)
    {
        bool wasFilling = _state == State.Filling;
        (_state, _failure) = (State.Failed, failure);
        if (_reserved > 0)
        {
            _content.Dispose();
            ReleaseDownTo(_outgoing);
        }

        _freed.Set();
        if (Upload is not null)
            _ = _abort.CancelAsync(); // and the end of the upload closes
        else if (wasFilling)
            Close();
        return failure;
    }

    /// <summary>Gives the name free, once.</summary>
    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
            _closed(this);
    }

    private void ReleaseDownTo(long bytes)
    {
        _memory.Release(_reserved - bytes);
        _reserved = bytes;
    }
}

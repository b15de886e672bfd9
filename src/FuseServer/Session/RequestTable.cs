namespace FuseServer.Session;

/// <summary>The requests that no handler has answered yet, and the idle objects for the next ones.</summary>
internal sealed class RequestTable(FuseCounters counters)
{
    private const int MaxIdle = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, FuseRequest> _inFlight = new(MaxIdle);
    private readonly Stack<FuseRequest> _idle = new(MaxIdle);
    private TaskCompletionSource? _drained;

    public FuseRequest? TryRent()
    {
        lock (_lock)
            return _idle.TryPop(out FuseRequest? request) ? request : null;
    }

    public void Add(FuseRequest request)
    {
        lock (_lock)
            _inFlight[request.Unique] = request;
        counters.AddInFlight(1);
    }

    /// <summary>Takes out an answered request; afterwards neither <see cref="TryInterrupt"/> nor <see cref="Sweep"/> touches it.</summary>
    public void Remove(ulong unique)
    {
        lock (_lock)
        {
            _inFlight.Remove(unique);
            if (_inFlight.Count == 0)
                _drained?.TrySetResult();
        }
        counters.AddInFlight(-1);
    }

    public void Return(FuseRequest request)
    {
        lock (_lock)
        {
            if (_idle.Count < MaxIdle)
                _idle.Push(request);
        }
    }

    /// <summary>The caller of one request got a signal; false when the request is not known.</summary>
    /// <param name="unique">The request.</param>
    /// <param name="now">As <see cref="Environment.TickCount64"/>.</param>
    /// <param name="graceMilliseconds">What it has before <see cref="Sweep"/> cancels it; nothing: it is cancelled at once.</param>
    public bool TryInterrupt(ulong unique, long now, long graceMilliseconds)
    {
        lock (_lock)
        {
            if (!_inFlight.TryGetValue(unique, out FuseRequest? request))
                return false;
            if (graceMilliseconds == 0)
                request.Cancel(CancelReason.Interrupt);
            else
                request.InterruptedAt ??= now;
            return true;
        }
    }

    public void CancelAll(CancelReason reason)
    {
        lock (_lock)
        {
            foreach (FuseRequest request in _inFlight.Values)
                request.Cancel(reason);
        }
    }

    /// <summary>Enforces the deadline on all requests, and ends those whose callers were interrupted.</summary>
    public void Sweep(long now, long deadlineMilliseconds, long graceMilliseconds, long interruptGraceMilliseconds)
    {
        lock (_lock)
        {
            foreach (FuseRequest request in _inFlight.Values)
            {
                if (now - request.InterruptedAt >= interruptGraceMilliseconds)
                    request.Cancel(CancelReason.Interrupt);
                long age = now - request.StartedAt;
                if (age < deadlineMilliseconds)
                    continue;
                request.Cancel(CancelReason.Deadline);
                if (age >= deadlineMilliseconds + graceMilliseconds)
                    request.AnswerInsteadOfHandler(Errno.ETIMEDOUT);
            }
        }
    }

    /// <summary>Ends when no request is in flight.</summary>
    public Task WaitUntilEmptyAsync()
    {
        lock (_lock)
        {
            if (_inFlight.Count == 0)
                return Task.CompletedTask;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }
}

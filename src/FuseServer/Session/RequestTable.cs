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

    /// <summary>Takes out an answered request; afterwards neither <see cref="TryCancel"/> nor <see cref="Sweep"/> touches it.</summary>
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

    /// <summary>Cancels one request; false when it is not known.</summary>
    public bool TryCancel(ulong unique, CancelReason reason)
    {
        lock (_lock)
        {
            if (!_inFlight.TryGetValue(unique, out FuseRequest? request))
                return false;
            request.Cancel(reason);
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

    /// <summary>Enforces the deadline on all requests.</summary>
    public void Sweep(long now, long deadlineMilliseconds, long graceMilliseconds)
    {
        lock (_lock)
        {
            foreach (FuseRequest request in _inFlight.Values)
            {
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

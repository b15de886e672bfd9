namespace OrthancCloudFs.Attachments.Staging;

/// <summary>Wakes everybody who waits for something to change, once. The owner's lock guards it.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource? _next;

    /// <summary>Ends with the next <see cref="Set"/>.</summary>
    public Task Next => (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Something changed.</summary>
    public void Set()
    {
        TaskCompletionSource? waited = _next;
        _next = null;
        waited?.TrySetResult();
    }
}

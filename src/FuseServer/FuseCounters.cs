using FuseServer.Protocol;

namespace FuseServer;

/// <summary>What a session has done so far. All members may be read at any time from any thread.</summary>
public sealed class FuseCounters
{
    private const int Operations = 64;

    private readonly long[] _requests = new long[Operations];
    private long _errors;
    private long _inFlight;
    private long _interrupted;
    private long _timedOut;
    private long _handlerFailures;
    private long _retainedBytes;
    private long _bufferBytes;

    internal FuseCounters()
    {
    }

    /// <summary>Requests received by the kernel's name of the operation, for example "LOOKUP"; those that occurred.</summary>
    public IReadOnlyDictionary<string, long> RequestsByOperation
    {
        get
        {
            Dictionary<string, long> result = new(StringComparer.Ordinal);
            for (int i = 0; i < Operations; i++)
            {
                if (Volatile.Read(ref _requests[i]) is > 0 and long count)
                    result[NameOf((Opcode)i)] = count;
            }
            return result;
        }
    }

    /// <summary>Requests received in all.</summary>
    public long Requests
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < Operations; i++)
                sum += Volatile.Read(ref _requests[i]);
            return sum;
        }
    }

    /// <summary>Answers with an error; ENOENT of a look-up is one.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>Requests that no handler has answered yet.</summary>
    public long InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Requests whose caller was interrupted while they were served.</summary>
    public long Interrupted => Volatile.Read(ref _interrupted);

    /// <summary>Requests that passed their deadline.</summary>
    public long TimedOut => Volatile.Read(ref _timedOut);

    /// <summary>Handlers that threw.</summary>
    public long HandlerFailures => Volatile.Read(ref _handlerFailures);

    /// <summary>Payload of WRITEs that handlers retain, in bytes.</summary>
    public long RetainedBytes => Volatile.Read(ref _retainedBytes);

    /// <summary>Native memory of all receive buffers, in use or pooled, in bytes; at most <see cref="FuseOptions.MaximumBufferBytes"/>.</summary>
    public long BufferBytes => Volatile.Read(ref _bufferBytes);

    internal void CountRequest(Opcode opcode) => Interlocked.Increment(ref _requests[(uint)opcode < Operations ? (int)opcode : 0]);

    internal void CountError() => Interlocked.Increment(ref _errors);

    internal void AddInFlight(int change) => Interlocked.Add(ref _inFlight, change);

    internal void CountInterrupted() => Interlocked.Increment(ref _interrupted);

    internal void CountTimedOut() => Interlocked.Increment(ref _timedOut);

    internal void CountHandlerFailure() => Interlocked.Increment(ref _handlerFailures);

    internal void AddRetainedBytes(long change) => Interlocked.Add(ref _retainedBytes, change);

    internal void AddBufferBytes(long change) => Interlocked.Add(ref _bufferBytes, change);

    private static string NameOf(Opcode opcode) => opcode == Opcode.None ? "OTHER" : opcode.ToString().ToUpperInvariant();
}

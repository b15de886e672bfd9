using FuseServer.Abi;

namespace FuseServer;

/// <summary>Counts of a session since it was mounted.</summary>
public sealed class FuseCounters
{
    private const int Opcodes = 64;

    private static readonly Dictionary<Opcode, string> Names = Enum.GetValues<Opcode>().ToDictionary(code => code, code => code.ToString().ToUpperInvariant());

    private readonly long[] _requests = new long[Opcodes];
    private long _errors;
    private long _interrupted;
    private long _timedOut;

    /// <summary>Requests by the kernel's name of them (LOOKUP, WRITE, …); only those that came.</summary>
    public IReadOnlyDictionary<string, long> Requests
    {
        get
        {
            var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach ((Opcode opcode, string name) in Names)
            {
                long count = Interlocked.Read(ref _requests[(int)opcode]);
                if (count > 0)
                    counts[name] = count;
            }

            return counts;
        }
    }

    /// <summary>All requests.</summary>
    public long Total => _requests.Sum();

    /// <summary>Requests answered with an error other than ENOENT and ENOSYS, which are ordinary answers.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Requests that the kernel interrupted.</summary>
    public long Interruptions => Interlocked.Read(ref _interrupted);

    /// <summary>Requests that passed their deadline.</summary>
    public long Timeouts => Interlocked.Read(ref _timedOut);

    internal void Received(Opcode opcode)
    {
        if ((uint)opcode < Opcodes)
            Interlocked.Increment(ref _requests[(int)opcode]);
    }

    internal void Failed(Errno error)
    {
        if (error is not (Errno.ENOENT or Errno.ENOSYS))
            Interlocked.Increment(ref _errors);
    }

    internal void Interrupted() => Interlocked.Increment(ref _interrupted);

    internal void TimedOut() => Interlocked.Increment(ref _timedOut);
}

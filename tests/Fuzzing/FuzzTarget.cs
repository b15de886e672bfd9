namespace OrthancCloudFs.Fuzzing;

/// <summary>One parser of bytes that others made, and what must hold whatever they are.</summary>
internal abstract class FuzzTarget : IDisposable
{
    /// <summary>On the command line, and the folder of its corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Good inputs, one for each way through the parser.</summary>
    public abstract IEnumerable<byte[]> Seeds { get; }

    /// <summary>Words that a search finds with difficulty by itself.</summary>
    public virtual IEnumerable<string> Dictionary => [];

    /// <summary>The most bytes that a small input may cost on the managed heap.</summary>
    protected virtual long AllocationBase => 1 << 20;

    /// <summary>And for each byte of input.</summary>
    protected virtual long AllocationPerByte => 64;

    /// <summary>Parses one input. What the parser is allowed to throw is caught here; all else is a finding.</summary>
    /// <exception cref="FindingException">Something does not hold.</exception>
    protected abstract void Parse(byte[] input);

    /// <summary>Parses the seeds once: what a first execution costs in time and memory is not the input's.</summary>
    public void WarmUp()
    {
        foreach (byte[] seed in Seeds)
            Parse(seed);
    }

    /// <summary>Parses one input within its bounds.</summary>
    /// <exception cref="Exception">The finding.</exception>
    public void Run(byte[] input)
    {
        long before = GC.GetTotalAllocatedBytes();
        Parse(input);
        long allocated = GC.GetTotalAllocatedBytes() - before;
        Require(
            allocated <= AllocationBase + (AllocationPerByte * input.Length),
            $"{allocated} bytes were allocated for an input of {input.Length} bytes");
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    /// <summary>Gives back what the target holds.</summary>
    protected virtual void Close()
    {
    }

    /// <exception cref="FindingException">The condition is false.</exception>
    protected static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new FindingException(otherwise);
    }
}

/// <summary>A promise was broken, though nothing was thrown.</summary>
internal sealed class FindingException(string message) : Exception(message);

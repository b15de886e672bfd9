using System.Collections.Concurrent;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>
/// Idle contexts of one cipher. Setting a context's cipher costs OpenSSL 3 a look-up and an allocation, which reuse saves.
/// Contexts in the pool have forgotten their keys.
/// </summary>
internal sealed class EvpContextPool(Func<EvpCipherContext> create)
{
    private static readonly int MostIdle = Environment.ProcessorCount * 2;

    private readonly ConcurrentQueue<EvpCipherContext> _idle = new();

    public EvpCipherContext Rent() => _idle.TryDequeue(out EvpCipherContext? context) ? context : create();

    /// <summary>Takes a context back whatever its last operation came to.</summary>
    public void Return(EvpCipherContext context)
    {
        if (_idle.Count >= MostIdle)
        {
            context.Dispose();
            return;
        }

        try
        {
            context.Forget();
        }
        catch
        {
            context.Dispose();
            throw;
        }

        _idle.Enqueue(context);
    }
}

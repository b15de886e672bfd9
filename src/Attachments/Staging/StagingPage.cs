using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrthancCloudFs.Attachments.Staging;

/// <summary>
/// One page of staging memory, outside the garbage collector's heap: it is never moved, so the kernel can be handed its address, and
/// never copied, so clearing it clears the only copy.
/// </summary>
internal sealed unsafe class StagingPage : MemoryManager<byte>
{
    private void* _address;

    public StagingPage() => _address = NativeMemory.AlignedAlloc(StagingMemory.PageSize, 4096);

    public void Clear() => CryptographicOperations.ZeroMemory(GetSpan());

    public override Span<byte> GetSpan() => new(_address, StagingMemory.PageSize);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_address + elementIndex, default, this);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_address == null)
            return;
        Clear();
        NativeMemory.AlignedFree(_address);
        _address = null;
    }
}

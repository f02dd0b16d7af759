"""Which rule holds for which torch function.

moved       reshape, concatenate, crop, pad …        relevance moves along with the values
alone       activations, dropout                     relevance passes unchanged
gates       sigmoid, softmax                         constants: what they multiply takes all
linear      convolution, both ways; matrices;        epsilon rule
            resampling; averages
folded      batch, group, layer, instance norm       their statistics are constants, folded into the linear
                                                     map before them; relevance passes where there is none
sums        residual links                           epsilon rule over the terms
products    of two signals                           half each
winners     max pooling                              the largest takes all
"""

from training.explain import attention, mixing, normalising, pointwise

__all__ = ["attention", "mixing", "normalising", "pointwise"]

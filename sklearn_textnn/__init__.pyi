# Made from the docstrings by `make stubs`.
from . import classifiers as classifiers
from . import datasets as datasets
from . import embeddings as embeddings
from . import inspection as inspection
from . import model_selection as model_selection
from . import networks as networks
from . import persistence as persistence
from . import pipelines as pipelines
from . import preprocessing as preprocessing
from . import serving as serving
from . import utils as utils
from .classifiers import KerasTextClassifier as KerasTextClassifier
from .datasets import fetch_glove as fetch_glove
from .datasets import fetch_sentiment_sentences as fetch_sentiment_sentences
from .datasets import load_reviews as load_reviews
from .embeddings import GloVeEmbedder as GloVeEmbedder
from .embeddings import WordVectors as WordVectors
from .model_selection import compare_classifiers as compare_classifiers
from .networks import ConvolutionalNetwork as ConvolutionalNetwork
from .networks import DenseNetwork as DenseNetwork
from .networks import FlattenNetwork as FlattenNetwork
from .networks import PoolingNetwork as PoolingNetwork
from .pipelines import AveragingClassifier as AveragingClassifier
from .pipelines import text_classifier as text_classifier
from .preprocessing import KerasTokenizerTransformer as KerasTokenizerTransformer
from .preprocessing import PadTransformer as PadTransformer

__version__: str
